import test from 'ava'
import { transcodeScalar } from '../../src/otlp/json-scalars.ts'
import { type FieldSpec, JsonShape } from '../../src/otlp/json-shape.ts'
import { JsonError } from '../../src/wire/json-error.ts'
import { JsonReader } from '../../src/wire/json-reader.ts'
import { Writer } from '../../src/wire/writer.ts'
import { double, fixed32, fixed64, int, len } from '../helpers/wire.ts'

type Kind = FieldSpec['kind']

function transcode(kind: Kind, json: string): Buffer {
  const names = new Map([['SOME_NAME', 3]])
  const shape = new JsonShape({ field: { number: 1, kind, ...(kind === 'enum' ? { names } : {}) } })
  const out = new Writer()
  transcodeScalar(new JsonReader(Buffer.from(json)), out, shape.fields[0]!)
  return out.finish()
}

const writes = test.macro({
  exec(t, kind: Kind, json: string, expected: Buffer) {
    t.is(transcode(kind, json).toString('hex'), expected.toString('hex'))
  },
  title: (_, kind: Kind, json: string) => `${kind} ${json} is taken`,
})

const refuses = test.macro({
  exec(t, kind: Kind, json: string, reason: string) {
    const error = t.throws(() => transcode(kind, json), { instanceOf: JsonError })
    t.is(error?.reason, reason)
    t.false(error?.isSyntax)
  },
  title: (_, kind: Kind, json: string) => `${kind} ${json.slice(0, 60)} is refused`,
})

const nothing = Buffer.alloc(0)

test(writes, 'string', '"h\u00e9"', len(1, 'h\u00e9'))
test(writes, 'string', '"\\u00e9\\n\\ud83d\\ude00"', len(1, '\u00e9\n\u{1f600}'))
test(writes, 'string', '""', len(1, ''))
test(refuses, 'string', '5', 'is a number, must be a string')
test(refuses, 'string', '{}', 'is an object, must be a string')

test(writes, 'bool', 'true', int(1, 1))
test(writes, 'bool', 'false', int(1, 0))
test(refuses, 'bool', '"true"', 'is a string, must be a boolean')
test(refuses, 'bool', '1', 'is a number, must be a boolean')

test(writes, 'int64', '"-5"', int(1, -5))
test(writes, 'int64', '-5', int(1, -5))
test(writes, 'int64', '"9223372036854775807"', int(1, 2n ** 63n - 1n))
test(
  'beyond 2^53 a number keeps all its digits',
  writes,
  'int64',
  '9223372036854775807',
  int(1, 2n ** 63n - 1n),
)
test(writes, 'int64', '-9223372036854775808', int(1, -(2n ** 63n)))
test(writes, 'int64', '999999999999999', int(1, 999_999_999_999_999))
test(writes, 'int64', '1e3', int(1, 1000))
test(writes, 'int64', '5.0', int(1, 5))
test(writes, 'int64', '"007"', int(1, 7))
test(
  refuses,
  'int64',
  '9223372036854775808',
  '"9223372036854775808" is out of range -9223372036854775808 to 9223372036854775807',
)
test(refuses, 'int64', '1.5', '"1.5" is not an integer')
test(refuses, 'int64', '"abc"', '"abc" is not an integer')
test(refuses, 'int64', '""', '"" is not an integer')
test(refuses, 'int64', '" 1"', '" 1" is not an integer')
test(refuses, 'int64', '"0x10"', '"0x10" is not an integer')
test(refuses, 'int64', '1e999', '"1e999" is not an integer')
test(refuses, 'int64', 'true', 'is a boolean, must be a number or a string')
test(
  'a number of a million digits',
  refuses,
  'int64',
  '9'.repeat(1_000_000),
  `"${'9'.repeat(40)}..." is out of range`,
)

test(writes, 'fixed64', '"18446744073709551615"', fixed64(1, 2n ** 64n - 1n))
test(writes, 'fixed64', '1544712660300000000', fixed64(1, 1_544_712_660_300_000_000n))
test(writes, 'fixed64', '0', fixed64(1, 0n))
test(refuses, 'fixed64', '-1', '"-1" is out of range 0 to 18446744073709551615')
test(
  refuses,
  'fixed64',
  '"18446744073709551616"',
  '"18446744073709551616" is out of range 0 to 18446744073709551615',
)

test(writes, 'uint32', '4294967295', int(1, 4_294_967_295))
test(refuses, 'uint32', '4294967296', '"4294967296" is out of range 0 to 4294967295')
test(writes, 'fixed32', '"1"', fixed32(1, 1))
test(refuses, 'fixed32', '-1', '"-1" is out of range 0 to 4294967295')
test(writes, 'int32', '-1', int(1, -1))
test(refuses, 'int32', '2147483648', '"2147483648" is out of range -2147483648 to 2147483647')

test(writes, 'enum', '17', int(1, 17))
test(writes, 'enum', '"SOME_NAME"', int(1, 3))
test(writes, 'enum', '"9"', int(1, 9))
test(refuses, 'enum', '"OTHER"', '"OTHER" is not an integer or a known name')

test(writes, 'double', '1.5', double(1, 1.5))
test(writes, 'double', '-0', double(1, -0))
test(writes, 'double', '"2.5e3"', double(1, 2500))
test(writes, 'double', '"NaN"', double(1, Number.NaN))
test(writes, 'double', '"Infinity"', double(1, Number.POSITIVE_INFINITY))
test(writes, 'double', '"-Infinity"', double(1, Number.NEGATIVE_INFINITY))
test(refuses, 'double', '1e999', '"1e999" is out of range')
test(refuses, 'double', '"abc"', '"abc" is not a number')
test(refuses, 'double', '""', '"" is not a number')
test(refuses, 'double', '[]', 'is an array, must be a number or a string')

test(writes, 'bytes', '"+/8="', len(1, Buffer.from([0xfb, 0xff])))
test(writes, 'bytes', '"-_8"', len(1, Buffer.from([0xfb, 0xff])))
test(writes, 'bytes', '"\\u0041QI="', len(1, Buffer.from([1, 2])))
test(writes, 'bytes', '""', len(1, ''))
test(refuses, 'bytes', '"a b"', '"a b" is not base64')
test(refuses, 'bytes', '"abcde"', '"abcde" is not base64')
test(refuses, 'bytes', '5', 'is a number, must be a string')

test(
  writes,
  'traceId',
  '"5B8EFFF798038103D269B633813fc60c"',
  len(1, Buffer.from('5b8efff798038103d269b633813fc60c', 'hex')),
)
test(writes, 'traceId', '""', nothing)
test(writes, 'spanId', '"eee19b7ec3c1b174"', len(1, Buffer.from('eee19b7ec3c1b174', 'hex')))
test(refuses, 'traceId', '"5b"', 'is 2 hex digits, must be 32 or none')
test(refuses, 'spanId', '"eee19b7ec3c1b1744"', 'is 17 hex digits, must be 16 or none')
test(refuses, 'spanId', '"eee19b7ec3c1b17x"', '"eee19b7ec3c1b17x" is not hex')
test(refuses, 'spanId', '"xee19b7ec3c1b174"', '"xee19b7ec3c1b174" is not hex')
test(refuses, 'spanId', '"\u00e9ee19b7ec3c1b17"', '"\u00e9ee19b7ec3c1b17" is not hex')
