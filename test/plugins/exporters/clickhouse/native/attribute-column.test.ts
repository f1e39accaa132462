import test from 'ava'
import { encodeBlock } from '../../../../../plugins/exporters/clickhouse/native/encode-block.ts'
import { decodeLogs } from '../../../../../src/otlp/decode-logs.ts'
import { readNativeBlock } from '../../../../helpers/native-reader.ts'
import { field, requestWithRecord } from '../../../../helpers/otlp-parts.ts'

const KEY = 0x0a
const VALUE = 0x12
const STRING = 0x0a
const ATTRIBUTE = 0x32

const long = 'k'.repeat(200)
const string = (value: string): Buffer => field(VALUE, field(STRING, value))

type Pairs = readonly (readonly [string, string])[]

const forms = test.macro<[attributes: readonly Buffer[], expected: Pairs]>(
  (t, attributes, expected) => {
    const bytes = requestWithRecord(...attributes)
    const { batch } = decodeLogs(bytes, { requestId: 'test' })
    const block = readNativeBlock(
      encodeBlock(batch, { columns: ['LogAttributes'], fallbackNanos: 0n }),
    )
    t.deepEqual(block.get('LogAttributes')?.values, [expected])
  },
)

test(
  'a key given twice is kept twice, in order',
  forms,
  ['1', '2'].map(value => field(ATTRIBUTE, field(KEY, 'a'), string(value))),
  [
    ['a', '1'],
    ['a', '2'],
  ],
)
test(
  'keys and values of 128 bytes and more',
  forms,
  [
    field(ATTRIBUTE, field(KEY, long), string('short')),
    field(ATTRIBUTE, field(KEY, 'a'), string(long)),
    field(ATTRIBUTE, field(KEY, 'b'), string('after')),
  ],
  [
    [long, 'short'],
    ['a', long],
    ['b', 'after'],
  ],
)
test(
  'a value before its key',
  forms,
  [field(ATTRIBUTE, string('v'), field(KEY, 'k'))],
  [['k', 'v']],
)
test(
  'a key without a value, a value without a key',
  forms,
  [field(ATTRIBUTE, field(KEY, 'k')), field(ATTRIBUTE, string('v')), field(ATTRIBUTE)],
  [
    ['k', ''],
    ['', 'v'],
    ['', ''],
  ],
)
test(
  'other fields between the attributes',
  forms,
  [
    field(ATTRIBUTE, field(KEY, 'a'), string('1')),
    field(0x1a, 'INFO'),
    field(ATTRIBUTE, field(KEY, 'b'), string('2')),
  ],
  [
    ['a', '1'],
    ['b', '2'],
  ],
)
test(
  'lengths written in more bytes than they need',
  forms,
  [field(ATTRIBUTE, Buffer.from('\x0a\x81\x00k\x12\x83\x00\x0a\x01v', 'latin1'))],
  [['k', 'v']],
)
test(
  'bytes that are no UTF-8 go through as they are',
  forms,
  [
    field(
      ATTRIBUTE,
      field(KEY, Buffer.from('\xff\xfe', 'latin1')),
      field(VALUE, field(STRING, Buffer.from('\xf0\x7f\xf7\xff\x80', 'latin1'))),
    ),
  ],
  [['\xff\xfe', '\xf0\x7f\xf7\xff\x80']],
)
