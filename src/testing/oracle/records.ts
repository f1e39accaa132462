import type { AnyValue } from '../../batch/any-value.ts'
import {
  buildLogsRequest,
  type LogRecordParts,
  type ScopeLogsParts,
} from '../../otlp/build-logs.ts'
import type { LoadShape } from './plan.ts'
import { Random } from './random.ts'

/** The attribute that carries a record's number; numbers begin at 1. */
export const NUMBER_KEY = 'oracle.number'

/** Groups of records that share a resource and a scope. */
const GROUPS = 3
const SMALL_BYTES_MAX = 300
const BASE_NANOS = 1_767_225_600_000_000_000n // 2026-01-01
const HOUR_NANOS = 3_600_000_000_000n

/** What breaks careless code: quotes, escapes, NUL, one to four bytes in UTF-8, a late separator. */
const ALPHABET = [
  ...'abcdefghijklmnopqrstuvwxyz 0123456789'.split(''),
  '"',
  "'",
  '\\',
  '\n',
  '\t',
  '\0',
  '\u007f',
  '\u00e9',
  '\u2028',
  '\u6f22',
  '\u{1f600}',
]

/** Everything that is sent with one number, down to the last byte, and what must come of it. */
export interface Mint {
  /** The body of a request with the records `from` up to, not including, `to`. */
  request(from: number, to: number): Buffer
  /** Resource and scope of the record. */
  envelope(number: number): Omit<ScopeLogsParts, 'records'>
  record(number: number): LogRecordParts
}

/** Records as ExportLogsServiceRequests, from the seed of the run. */
export class RecordMint implements Mint {
  readonly #seed: number
  readonly #edgeBytes: readonly number[]
  readonly #text: readonly string[]

  constructor(seed: number, { edgeBytes }: Pick<LoadShape, 'edgeBytes'>) {
    this.#seed = seed
    this.#edgeBytes = edgeBytes
    const random = new Random(seed, 'text')
    this.#text = Array.from({ length: 1024 }, () => random.pick(ALPHABET))
  }

  request(from: number, to: number): Buffer {
    const numbers = Array.from({ length: to - from }, (_, i) => from + i)
    const parts = Array.from({ length: GROUPS }, (_, group) => ({
      ...envelopeOf(group),
      records: numbers.filter(number => number % GROUPS === group).map(n => this.record(n)),
    }))
    return buildLogsRequest(parts.filter(({ records }) => records.length > 0))
  }

  envelope(number: number): Omit<ScopeLogsParts, 'records'> {
    return envelopeOf(number % GROUPS)
  }

  record(number: number): LogRecordParts {
    const random = new Random(this.#seed, 'record', number)
    const size = this.#sizeOf(number, random)
    const severityNumber = random.int(0, 24)
    const timeUnixNano =
      BASE_NANOS + BigInt(number) * 1_000_003n + BigInt(random.int(0, 30)) * HOUR_NANOS
    const hasTrace = random.chance(0.7)
    return {
      // Without a time, the observed time stands in for it.
      ...(random.chance(0.1)
        ? { observedTimeUnixNano: timeUnixNano }
        : { timeUnixNano, observedTimeUnixNano: timeUnixNano + 5n }),
      severityNumber,
      ...(severityNumber === 0 ? {} : { severityText: `level ${severityNumber}` }),
      body: this.#payload(number, size),
      attributes: new Map<string, AnyValue>([
        [NUMBER_KEY, BigInt(number)],
        ['oracle.seed', String(this.#seed)],
        ['oracle.bytes', Buffer.from(this.#payload(number + 1, number % 7))],
        ['oracle.list', [number % 2 === 0, this.#payload(number + 2, 5)]],
      ]),
      flags: random.int(0, 1),
      ...(hasTrace ? { traceId: hex(random, 32), spanId: hex(random, 16) } : {}),
      ...(random.chance(0.3) ? { eventName: `event.${number % 10}` } : {}),
    }
  }

  /** Bytes of the body; mostly small, sometimes at the edge of some buffer. */
  bodyBytes(number: number): number {
    return this.#sizeOf(number, new Random(this.#seed, 'record', number))
  }

  #sizeOf(number: number, random: Random): number {
    // A record whose number ends in 00 is one that `isEdge` sends alone.
    if (isEdge(number)) return random.pick(this.#edgeBytes)
    return random.chance(0.05) ? random.int(0, 8192) : random.int(0, SMALL_BYTES_MAX)
  }

  /** Text of exactly `size` bytes of UTF-8. */
  #payload(number: number, size: number): string {
    const start = (number * 37) % this.#text.length
    const turned = [...this.#text.slice(start), ...this.#text.slice(0, start)]
    const block = turned.slice(0, size).join('')
    const bytes = Buffer.from(block.repeat(Math.ceil(size / turned.length)))
    let end = size
    // Not in the middle of a character.
    while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--
    return bytes.toString('utf8', 0, end) + '.'.repeat(size - end)
  }
}

/** Is this a number whose record has a body at the edge of some buffer? */
export function isEdge(number: number): boolean {
  return number % 100 === 0
}

function envelopeOf(group: number): Omit<ScopeLogsParts, 'records'> {
  return {
    resource: { 'service.name': `oracle-${group}`, 'host.name': 'h"1\n' },
    resourceSchemaUrl: 'https://example.com/resource/1',
    scopeName: 'oracle',
    scopeVersion: String(group),
    scopeAttributes: { group: BigInt(group) },
    scopeSchemaUrl: 'https://example.com/scope/1',
  }
}

function hex(random: Random, digits: number): string {
  // No id may be all zeroes.
  return `1${Array.from({ length: digits - 1 }, () => random.int(0, 15).toString(16)).join('')}`
}
