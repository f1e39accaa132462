import fc from 'fast-check'
import type { WritableRecord } from '../../src/kafka/protocol/records.ts'

/** The time of records that name none. */
export const NOW_MS = 1_790_000_000_000

const bytes = fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array))
const bytesOrText = fc.oneof(bytes, fc.string({ unit: 'binary', maxLength: 200 }))
const nullable = fc.option(bytesOrText, { nil: null })

/** Headers of text or bytes; kafkajs can write no null in a list of them. */
const headers = fc.dictionary(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.oneof(bytesOrText, fc.array(bytesOrText, { maxLength: 3 })),
  { maxKeys: 4, noNullPrototype: true },
)

const record: fc.Arbitrary<WritableRecord> = fc.record(
  {
    key: nullable,
    value: nullable,
    headers,
    timestampMs: fc.integer({ min: NOW_MS - 1e9, max: NOW_MS + 1e9 }),
  },
  { requiredKeys: ['key', 'value'] },
)

export const anyRecords = fc.array(record, { minLength: 1, maxLength: 20 })

/** Key, value and headers as they come back. */
export function asRead({ key, value, headers = {} }: WritableRecord): {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, unknown>>
} {
  const read: Record<string, unknown> = {}
  for (const [name, one] of Object.entries(headers)) {
    const values = (Array.isArray(one) ? one : [one]).map(bytesOf)
    if (values.length > 0) {
      const value = values.length === 1 ? values[0] : values
      Object.defineProperty(read, name, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
  }
  return { key: bytesOf(key), value: bytesOf(value), headers: read }
}

function bytesOf(value: Buffer | string | null | undefined): Buffer | null {
  return value === null || value === undefined ? null : Buffer.from(value as string)
}
