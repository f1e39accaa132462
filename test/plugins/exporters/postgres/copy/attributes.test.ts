import test from 'ava'
import fc from 'fast-check'
import { nothingAltered } from '../../../../../plugins/exporters/postgres/copy/altered.ts'
import { writeAttributes } from '../../../../../plugins/exporters/postgres/copy/attributes.ts'
import { CopyWriter, sourceOf } from '../../../../../plugins/exporters/postgres/copy/copy-writer.ts'
import { jsonText } from '../../../../../plugins/exporters/postgres/copy/json-value.ts'
import { readKeyValues } from '../../../../../src/batch/any-value.ts'
import { writeKeyValue } from '../../../../../src/otlp/write-any-value.ts'
import { Writer } from '../../../../../src/wire/writer.ts'
import { resource } from '../../../../helpers/arbitrary-logs.ts'
import { field } from '../../../../helpers/otlp-parts.ts'

function jsonbOf(message: Buffer, number: number): string {
  const out = new CopyWriter(Buffer.alloc(0))
  writeAttributes(out, sourceOf(message), 0, message.length, number, nothingAltered())
  const bytes = out.finish()
  if (bytes.readInt32BE(0) !== bytes.length - 4 || bytes[4] !== 1) throw new Error('no jsonb')
  return bytes.toString('utf8', 5)
}

test('pairs become an object, none an empty one', t => {
  const out = new Writer()
  writeKeyValue(out, 0x32, 'a', 'x')
  writeKeyValue(out, 0x32, 'b', 2n)
  writeKeyValue(out, 0x32, 'c', 'y'.repeat(300))
  writeKeyValue(out, 0x32, 'd', true)
  t.is(jsonbOf(out.finish(), 6), `{"a":"x","b":2,"c":"${'y'.repeat(300)}","d":true}`)
  t.is(jsonbOf(Buffer.alloc(0), 6), '{}')
})

test('other fields between the pairs are passed over', t => {
  const pair = field(0x0a, field(0x0a, 'k'), field(0x12, field(0x0a, 'v')))
  t.is(jsonbOf(Buffer.concat([field(0x22, 'x'), pair, field(0x22, 'y')]), 1), '{"k":"v"}')
})

test('a value before its key, a key alone, and nothing at all', t => {
  const value = field(0x12, field(0x0a, 'v'))
  t.is(jsonbOf(field(0x0a, value, field(0x0a, 'k')), 1), '{"k":"v"}')
  t.is(jsonbOf(field(0x0a, field(0x0a, 'k')), 1), '{"k":null}')
  t.is(jsonbOf(field(0x0a), 1), '{"":null}')
})

test('whatever form the pairs have, the object holds what the cursor reads', t => {
  fc.assert(
    fc.property(resource, message => {
      const expected = jsonText(readKeyValues(message, 0, message.length, 1), nothingAltered())
      t.deepEqual(JSON.parse(jsonbOf(message, 1)), JSON.parse(expected))
    }),
    { numRuns: 500 },
  )
})
