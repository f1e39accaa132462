import test from 'ava'
import fc from 'fast-check'
import { AttributeActions, LOG_RECORD_ATTRIBUTES } from '../../src/attributes/attribute-actions.ts'
import type { AttributeActionConfig } from '../../src/attributes/config.ts'
import { type AnyValue, readKeyValues } from '../../src/batch/any-value.ts'
import { writeLogRecord } from '../../src/otlp/build-logs.ts'
import { Writer } from '../../src/wire/writer.ts'
import { actOnMap } from '../helpers/attribute-model.ts'

const keys = ['a', 'b', 'ab', 'http.route', 'http.target', 'user.email']

const value: fc.Arbitrary<AnyValue> = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.constantFrom('', '12', '-7', '1.5', 'v12/users'),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.uint8Array({ maxLength: 8 }).map(bytes => Buffer.from(bytes)),
  fc.constant<AnyValue>(new Map<string, AnyValue>([['inner', ['x', 1n]]])),
)
const configValue = fc.oneof(fc.string(), fc.integer(), fc.boolean())
const key = fc.constantFrom(...keys)
const set = fc.constantFrom('insert', 'update', 'upsert')

const action: fc.Arbitrary<AttributeActionConfig> = fc.oneof(
  fc.record({ key, action: set, value: configValue }),
  fc.record({ key, action: set, from_attribute: key }),
  fc.record({ key, action: set, from_attribute: key, default_value: configValue }),
  fc.record({ key, action: fc.constantFrom('delete', 'hash') }),
  fc.record({
    pattern: fc.constantFrom('^http', 'a', 'nothing'),
    action: fc.constantFrom('delete', 'hash'),
  }),
  fc.record({
    key,
    action: fc.constant('extract'),
    pattern: fc.constantFrom('(?P<a>v\\d+)/(?P<ab>\\w+)', '(?P<b>.)(?P<c>z)?'),
  }),
  fc.record({
    key,
    action: fc.constant('convert'),
    converted_type: fc.constantFrom('int', 'double', 'string'),
  }),
) as fc.Arbitrary<AttributeActionConfig>

/** Attributes as a list, so that keys may come twice. */
const attributes = fc.array(fc.tuple(key, value), { maxLength: 12 })

/** A LogRecord whose attributes lie around a body, as wire order is free, behind other bytes. */
function encode(entries: readonly (readonly [string, AnyValue])[], unknown: Uint8Array): Buffer {
  const out = new Writer(256)
  out.raw(Buffer.from('padding'))
  const half = entries.length >> 1
  for (const [name, inner] of entries.slice(0, half)) {
    writeLogRecord(out, { attributes: new Map([[name, inner]]) })
  }
  writeLogRecord(out, { body: 'between' })
  out.lengthDelimited(0x7a, unknown)
  for (const [name, inner] of entries.slice(half)) {
    writeLogRecord(out, { attributes: new Map([[name, inner]]) })
  }
  return Buffer.from(out.finish())
}

/** Fields that are not attributes, as they lie on the wire. */
function otherFields(unknown: Uint8Array): Buffer {
  return encode([], unknown).subarray('padding'.length)
}

function sorted(map: ReadonlyMap<string, AnyValue>): [string, AnyValue][] {
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

test('any list of actions does to bytes what it does to a Map, and keeps all other fields', t => {
  const unknown = fc.uint8Array({ maxLength: 200 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(attributes, unknown), { minLength: 1, maxLength: 4 }),
      fc.array(action, { minLength: 1, maxLength: 5 }),
      (records, configs) => {
        const actions = new AttributeActions(configs, LOG_RECORD_ATTRIBUTES)
        const rewrite = actions.forBatch({ requestId: 'r' })
        for (const [entries, unknownBytes] of records) {
          const bytes = encode(entries, unknownBytes)
          const offset = 'padding'.length
          const out = new Writer(8)
          const changed = rewrite(out, bytes, offset, bytes.length, offset, bytes.length)
          const written = changed ? Buffer.from(out.finish()) : bytes.subarray(offset)
          const expected = new Map(entries)
          for (const config of configs) actOnMap(expected, config)
          const actual = readKeyValues(written, 0, written.length, LOG_RECORD_ATTRIBUTES)
          t.deepEqual(sorted(actual), sorted(expected))
          t.deepEqual(withoutAttributes(written), otherFields(unknownBytes))
          if (!changed) t.is(out.pos, 0)
        }
      },
    ),
    { numRuns: 500 },
  )
})

function withoutAttributes(message: Buffer): Buffer {
  const rewrite = new AttributeActions(
    [{ action: 'delete', pattern: '.*' }],
    LOG_RECORD_ATTRIBUTES,
  ).forBatch({ requestId: 'r' })
  const out = new Writer(8)
  const changed = rewrite(out, message, 0, message.length, 0, message.length)
  return changed ? Buffer.from(out.finish()) : message
}
