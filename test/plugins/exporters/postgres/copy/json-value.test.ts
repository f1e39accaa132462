import test from 'ava'
import fc from 'fast-check'
import { nothingAltered } from '../../../../../plugins/exporters/postgres/copy/altered.ts'
import { CopyWriter, sourceOf } from '../../../../../plugins/exporters/postgres/copy/copy-writer.ts'
import {
  jsonText,
  writeJsonString,
  writeJsonValue,
} from '../../../../../plugins/exporters/postgres/copy/json-value.ts'
import type { AnyValue } from '../../../../../src/batch/any-value.ts'
import { writeAnyValue } from '../../../../../src/otlp/write-any-value.ts'
import { Writer } from '../../../../../src/wire/writer.ts'
import { anyValueMessage } from '../../../../helpers/arbitrary-logs.ts'

/** The JSON of a message, alone in its buffer but for one byte before it. */
function jsonOf(message: Uint8Array): string {
  const out = new CopyWriter(Buffer.alloc(0))
  const bytes = Buffer.concat([Buffer.of(0), message])
  writeJsonValue(out, sourceOf(bytes), 1, bytes.length, nothingAltered())
  return out.finish().toString()
}

function messageOf(value: AnyValue): Buffer {
  const out = new Writer()
  writeAnyValue(out, value)
  return out.finish()
}

const gives = test.macro({
  exec(t, value: AnyValue, json: string) {
    t.is(jsonOf(messageOf(value)), json)
    t.is(jsonText(value, nothingAltered()), json)
  },
  title: (_provided: string | undefined, _value: AnyValue, json: string) =>
    `gives ${json.slice(0, 60)}`,
})

test(gives, undefined, 'null')
test(gives, '', '""')
test(gives, 'a "b" \\ \n', '"a \\"b\\" \\\\ \\n"')
test(gives, 'a\0b', '"a\u2400b"')
test(gives, 'caf\u00e9 \u{1f980}', '"caf\u00e9 \u{1f980}"')
test(gives, 'x'.repeat(200), `"${'x'.repeat(200)}"`)
test(gives, true, 'true')
test(gives, false, 'false')
test(gives, 0n, '0')
test(gives, 127n, '127')
test(gives, 128n, '128')
test(gives, 268_435_455n, '268435455')
test(gives, 268_435_456n, '268435456')
test(gives, -1n, '-1')
test(gives, 9_223_372_036_854_775_807n, '9223372036854775807')
test(gives, 0.1, '0.1')
test(gives, 1e300, '1e+300')
test(gives, Number.NaN, '"NaN"')
test(gives, Number.NEGATIVE_INFINITY, '"-Infinity"')
test(gives, Buffer.from([0, 255, 128]), '"AP+A"')
test(gives, ['a', 1n, [true]], '["a",1,[true]]')
test(
  gives,
  new Map<string, AnyValue>([['k\0', new Map([['i', 'v\0']])]]),
  '{"k\u2400":{"i":"v\u2400"}}',
)

test('the fast ways give what the slow one gives, whatever form the message has', t => {
  fc.assert(
    fc.property(anyValueMessage, message => {
      const json = jsonOf(message)
      t.notThrows(() => JSON.parse(json))
    }),
    { numRuns: 300 },
  )
})

test('a string is quoted and what JSON cannot have is replaced', t => {
  const written = (bytes: Buffer): string => {
    const out = new CopyWriter(Buffer.alloc(0))
    writeJsonString(out, sourceOf(bytes), 0, bytes.length, nothingAltered())
    return out.finish().toString()
  }
  t.is(written(Buffer.from('plain')), '"plain"')
  t.is(written(Buffer.from('\u0001')), '"\\u0001"')
  t.is(written(Buffer.from([0x61, 0xff])), '"a\ufffd"')
  t.is(written(Buffer.from([0])), '"\u2400"')
})
