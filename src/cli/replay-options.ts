import { InvalidArgumentError } from 'commander'
import type { ServiceConfig } from '../config/service-config.ts'
import { type Condition, compileCondition } from '../ottl/condition.ts'
import { OttlError } from '../ottl/ottl-error.ts'
import type { ReplayPoint } from '../plugin/source-replay.ts'
import { UsageError } from './exit-codes.ts'

/** An offset, or a time with its zone. */
export function parsePoint(text: string): ReplayPoint {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return { offset: Number(text) }
  const timeMs = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(timeMs)) return { timeMs }
  throw new InvalidArgumentError('Write it as an offset, or as 2026-11-26T12:00:00Z.')
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

/** Partitions, as 0,2,5 and repeated. */
export function parsePartitions(text: string, before: readonly number[] = []): number[] {
  if (!/^\d+(,\d+)*$/.test(text)) throw new InvalidArgumentError('Write them as 0 or 0,1,2.')
  return [...new Set([...before, ...text.split(',').map(Number)])].toSorted((a, b) => a - b)
}

export function parseName(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text
  throw new InvalidArgumentError('Use up to 64 letters, digits and any of _ . -')
}

/** The condition of --filter. */
export function parseFilter(text: string, before?: Condition): Condition {
  if (before !== undefined)
    throw new InvalidArgumentError('Give one; conditions are joined with or.')
  try {
    return compileCondition(text)
  } catch (error) {
    if (!(error instanceof OttlError)) throw error
    throw new InvalidArgumentError(error.message)
  }
}

/** Both ends must be there for good. Throws UsageError. */
export function checkPoints(from: ReplayPoint, to: ReplayPoint, nowMs: number): void {
  if ('timeMs' in to && to.timeMs > nowMs) {
    throw new UsageError('--to is in the future: what is written until then would change the range')
  }
  const isTurned =
    ('timeMs' in from && 'timeMs' in to && from.timeMs >= to.timeMs) ||
    ('offset' in from && 'offset' in to && from.offset >= to.offset)
  if (isTurned) throw new UsageError('--to must be after --from')
}

/** The receiver that is named, or the only one that can replay. Throws UsageError. */
export function receiverOf({ receivers, pipelines }: ServiceConfig, named?: string): string {
  const able = [...receivers.values()]
    .filter(({ id, plugin }) => {
      return plugin.replay !== undefined && pipelines.some(one => one.receivers.includes(id))
    })
    .map(({ id }) => id)
  const [only, ...others] = able
  if (only === undefined) {
    throw new UsageError('no pipeline of the config has a receiver that can replay, such as kafka')
  }
  if (named === undefined && others.length === 0) return only
  if (named !== undefined && able.includes(named)) return named
  const why = named === undefined ? 'several receivers can' : `receiver ${named} cannot`
  throw new UsageError(`${why} replay; name one with --receiver: ${able.join(', ')}`)
}
