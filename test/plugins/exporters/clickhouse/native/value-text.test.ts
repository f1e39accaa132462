import test from 'ava'
import {
  BlockWriter,
  sourceOf,
} from '../../../../../plugins/exporters/clickhouse/native/block-writer.ts'
import { writeValueText } from '../../../../../plugins/exporters/clickhouse/native/value-text.ts'
import type { AnyValue } from '../../../../../src/batch/any-value.ts'
import { writeAnyValue } from '../../../../../src/otlp/write-any-value.ts'
import { Writer } from '../../../../../src/wire/writer.ts'

const writes = test.macro<[value: AnyValue, expected: string]>({
  exec(t, value, expected) {
    const message = new Writer()
    writeAnyValue(message, value)
    const out = new BlockWriter(Buffer.alloc(1))
    writeValueText(out, sourceOf(message.finish()), 0, message.pos)
    const prefix = expected.length < 0x80 ? 1 : 2
    t.is(out.finish().toString('utf8', prefix), expected)
    t.is(out.pos, prefix + Buffer.byteLength(expected))
  },
  title: (_, value, expected) => `${typeof value} becomes ${expected.slice(0, 40) || 'nothing'}`,
})

test(writes, undefined, '')
test(writes, 'text', 'text')
test(writes, 'y'.repeat(127), 'y'.repeat(127))
test(writes, 'z'.repeat(9000), 'z'.repeat(9000))
test(writes, true, 'true')
test(writes, false, 'false')
test(writes, 0n, '0')
test(writes, 9n, '9')
test(writes, 10n, '10')
test(writes, 200n, '200')
test(writes, 1_073_741_823n, '1073741823')
test(writes, 1_073_741_824n, '1073741824')
test(writes, 562_949_953_421_311n, '562949953421311')
test(writes, 562_949_953_421_312n, '562949953421312')
test(writes, 9_223_372_036_854_775_807n, '9223372036854775807')
test(writes, -1n, '-1')
test(writes, -9_223_372_036_854_775_808n, '-9223372036854775808')
test(writes, 0.5, '0.5')
test(writes, 1e300, '1e+300')
test(writes, Number.NaN, 'NaN')
test(writes, Number.NEGATIVE_INFINITY, '-Infinity')
test(writes, Buffer.from('hi'), 'aGk=')
test(writes, ['a', 1n, undefined], '["a",1,null]')
test(writes, new Map<string, AnyValue>([['k', [true]]]), '{"k":[true]}')
