import type { ServiceConfig } from '../../src/config/service-config.ts'
import type { ComponentChanges } from '../../src/pipeline/changes.ts'
import type { ExtensionPlugin } from '../../src/plugin/define-plugin.ts'
import type { PipelinesFactory, RunningPipelines } from '../../src/service/running-pipelines.ts'

/** A config without components whose status server takes any free port. */
export function emptyConfig(change: Partial<ServiceConfig> = {}): ServiceConfig {
  return {
    receivers: new Map(),
    processors: new Map(),
    exporters: new Map(),
    connectors: new Map(),
    extensions: new Map(),
    pipelines: [],
    serviceExtensions: [],
    telemetry: {
      logs: { level: 'info', encoding: 'json' },
      metrics: { level: 'normal', endpoint: '127.0.0.1:0' },
      resource: {},
    },
    workers: { count: 1 },
    roles: new Map(),
    ...change,
  }
}

/** Extensions that are what `create` gives, in this order. */
export function withExtensions(
  create: Readonly<Record<string, ExtensionPlugin['create']>>,
): Partial<ServiceConfig> {
  const plugin = (id: string): ExtensionPlugin =>
    ({ kind: 'extension', type: id, create: create[id] }) as ExtensionPlugin
  const ids = Object.keys(create)
  return {
    extensions: new Map(ids.map(id => [id, { id, plugin: plugin(id), config: {} }])),
    serviceExtensions: ids,
  }
}

export const noChanges: ComponentChanges = {
  kept: [],
  added: [],
  changed: [],
  rewired: [],
  removed: [],
}

/** Pipelines that do what they are told. */
export function fakePipelines(change: Partial<RunningPipelines> = {}): PipelinesFactory {
  return () => ({
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    endpoints: () => [],
    prepare: async () => ({
      changes: noChanges,
      apply: async () => ({ drained: Promise.resolve() }),
    }),
    stats: () => ({}),
    ...change,
  })
}
