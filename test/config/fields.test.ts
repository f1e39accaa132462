import test from 'ava'
import { z } from 'zod'
import {
  byteSize,
  duration,
  mustParse,
  optionalDuration,
  parseDurationMs,
  secret,
} from '../../src/config/fields.ts'

const lasts = test.macro((t, text: string, expected?: number) => {
  t.is(parseDurationMs(text), expected)
})
test('milliseconds', lasts, '200ms', 200)
test('several units', lasts, '1h1m1.5s', 3_661_500)
test('nanoseconds are a part of a millisecond', lasts, '500us', 0.5)
test('zero needs no unit', lasts, '0', 0)
test('another number needs one', lasts, '5')
test('no negative durations', lasts, '-5s')
test('no unknown units', lasts, '5d')
test('no spaces', lasts, '5 s')
test('no empty text', lasts, '')

test('a duration field has its default and says what is wrong', t => {
  const schema = z.strictObject({ timeout: duration('x', '5s') })
  t.deepEqual(schema.parse({}), { timeout: 5000 })
  t.deepEqual(schema.parse({ timeout: 0 }), { timeout: 0 })
  t.regex(schema.safeParse({ timeout: '5' }).error!.issues[0]!.message, /"5" is not a duration/)
  t.false(schema.safeParse({ timeout: 5 }).success)
})

test('an optional duration is absent unless it is given', t => {
  const schema = z.strictObject({ age: optionalDuration('x') })
  t.deepEqual(schema.parse({}), {})
  t.deepEqual(schema.parse({ age: '1m' }), { age: 60_000 })
  t.deepEqual(schema.parse({ age: 0 }), { age: 0 })
  t.regex(schema.safeParse({ age: '5' }).error!.issues[0]!.message, /"5" is not a duration/)
})

const holds = test.macro((t, size: string | number, expected?: number) => {
  const result = z.strictObject({ size: byteSize('x', 1) }).safeParse({ size })
  t.is(result.data?.size, expected)
})
test('plain bytes', holds, 100, 100)
test('plain bytes as a text', holds, '100', 100)
test('binary units', holds, '1.5KiB', 1536)
test('decimal units', holds, '64MB', 64_000_000)
test('a space before the unit', holds, '1 GiB', 1024 ** 3)
test('no unknown unit', holds, '1 meg')
test('no negative size', holds, -1)
test('no broken bytes', holds, 1.5)

test('a secret is marked', t => {
  t.deepEqual(secret('x').meta(), { description: 'x', secret: true })
})

test('a text that must be parsed is refused with the reason of the parser', t => {
  const schema = z.string().superRefine(mustParse(text => new URL(text)))
  t.is(schema.parse('a://b'), 'a://b')
  t.is(schema.safeParse('b').error!.issues[0]!.message, 'Invalid URL')
})
