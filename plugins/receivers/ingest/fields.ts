import { WordTable } from './word-table.ts'

/*
 * The names that have a meaning of their own, in any case. Names of one slot stand for the same
 * thing: the first in the list that a record gives is taken, the others become attributes.
 */

export const TIME = 0
export const SEVERITY = 1
export const BODY = 2
export const TRACE_ID = 3
export const SPAN_ID = 4
/** From here on every slot is an attribute of the resource. */
export const FIRST_RESOURCE = 5

const SEVERITY_NAMES =
  'severity level log.level log_level loglevel lvl severity_text severitytext severity_number severitynumber'.split(
    ' ',
  )

interface Slot {
  /** How errors name what is missing or wrong when no name was given. */
  readonly title: string
  readonly names: readonly string[]
}

export const SLOTS: readonly Slot[] = [
  { title: 'timestamp', names: ['timestamp', '@timestamp', 'time', 'ts'] },
  {
    title: 'severity',
    names: SEVERITY_NAMES,
  },
  { title: 'message', names: ['message', 'msg', 'log', 'body'] },
  { title: 'trace_id', names: ['trace_id', 'traceid', 'trace.id'] },
  { title: 'span_id', names: ['span_id', 'spanid', 'span.id'] },
  {
    title: 'service.name',
    names: ['service.name', 'service', 'service_name', 'servicename', 'source'],
  },
  { title: 'host.name', names: ['host.name', 'host', 'hostname', 'host_name'] },
  { title: 'service.namespace', names: ['service.namespace'] },
  { title: 'service.version', names: ['service.version'] },
  { title: 'service.instance.id', names: ['service.instance.id'] },
  { title: 'deployment.environment.name', names: ['deployment.environment.name'] },
]

/** Keys of the resource attributes, by slot minus FIRST_RESOURCE. */
export const RESOURCE_KEYS: readonly Buffer[] = SLOTS.slice(FIRST_RESOURCE).map(({ title }) =>
  Buffer.from(title),
)

const names = SLOTS.flatMap(slot => slot.names)
const table = new WordTable(names)
const slots = Uint8Array.from(SLOTS.flatMap((slot, number) => slot.names.map(() => number)))
const ranks = Uint8Array.from(SLOTS.flatMap(slot => slot.names.map((_, rank) => rank)))

/** The number of the name in `bytes[offset..end]`, for `slotOf` and `rankOf`; -1 for any other. */
export function findName(bytes: Buffer, offset: number, end: number): number {
  return table.find(bytes, offset, end)
}

export function slotOf(name: number): number {
  return slots[name]!
}

/** 0 for the name that comes before all others of its slot. */
export function rankOf(name: number): number {
  return ranks[name]!
}
