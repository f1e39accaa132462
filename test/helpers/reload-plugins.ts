import { z } from 'zod'
import { exportChainFields } from '../../src/export/config.ts'
import { definePlugin, type Plugin } from '../../src/plugin/define-plugin.ts'

/** What the plugins below are to do wrong, by component id. */
export interface Faults {
  readonly create: Set<string>
  readonly start: Set<string>
  /** Only the next time. */
  readonly startOnce: Set<string>
}

export interface ReloadPlugins {
  readonly plugins: readonly Plugin[]
  /** `create x`, `start x`, `stop x`, in the order in which it happened. */
  readonly log: string[]
  readonly faults: Faults
}

/**
 * Plugins that say what happens to them and fail as told: receivers `source`, processors `step`,
 * connectors `link`, exporters `end`, each with a key `value`. Two of the same `lock` cannot run at
 * the same time, as two that listen on one port or write to one directory.
 */
export function createReloadPlugins(): ReloadPlugins {
  const log: string[] = []
  const faults: Faults = { create: new Set(), start: new Set(), startOnce: new Set() }
  const locks = new Set<string>()
  const keys = {
    value: z.string().default('').meta({ description: 'Anything.' }),
    lock: z.string().optional().meta({ description: 'What it needs alone.' }),
  }
  const config = z.strictObject(keys)
  const base = { stability: 'stable', summary: 'Test.', config } as const
  const lifecycle = (id: string, { lock }: z.output<typeof config>) => {
    log.push(`create ${id}`)
    if (faults.create.has(id)) throw new Error('cannot be created')
    return {
      start: async (): Promise<void> => {
        log.push(`start ${id}`)
        if (faults.start.has(id) || faults.startOnce.delete(id)) throw new Error('cannot start')
        if (lock !== undefined && locks.has(lock)) throw new Error(`${lock} is in use`)
        if (lock !== undefined) locks.add(lock)
      },
      stop: async (): Promise<void> => {
        log.push(`stop ${id}`)
        if (lock !== undefined) locks.delete(lock)
      },
    }
  }
  const plugins: Plugin[] = [
    definePlugin({
      ...base,
      kind: 'receiver',
      type: 'source',
      create: (given, { id }) => lifecycle(id, given),
    }),
    definePlugin({
      ...base,
      kind: 'processor',
      type: 'step',
      create: (given, { id }, next) => ({
        ...lifecycle(id, given),
        consume: (batch, signal) => next.consume(batch, signal),
      }),
    }),
    definePlugin({
      ...base,
      kind: 'connector',
      type: 'link',
      create: (given, { id }, next) => ({
        ...lifecycle(id, given),
        consume: (batch, signal) => next.consume(batch, signal),
      }),
    }),
    definePlugin({
      ...base,
      kind: 'exporter',
      type: 'end',
      config: z.strictObject({ ...keys, ...exportChainFields('5s') }),
      create: (given, { id }) => ({ ...lifecycle(id, given), consume: async () => {} }),
    }),
  ]
  return { plugins, log, faults }
}
