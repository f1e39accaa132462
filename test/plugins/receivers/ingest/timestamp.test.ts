import test from 'ava'
import fc from 'fast-check'
import {
  parseEpoch,
  parseIsoTime,
  setTime,
} from '../../../../plugins/receivers/ingest/timestamp.ts'

const NO_TIMES = [
  '',
  '2025',
  '2025-11',
  '2025-11-26T',
  '2025-11-26T17',
  '2025-11-26T17:18:27.Z',
  'now',
  '2025-02-29T00:00:00Z',
  '2100-02-29T00:00:00Z',
  '2025-13-01',
  '2025-00-10',
  '2025-04-31',
  '2025-11-26T24:00:00Z',
  '2025-11-26T17:60:00Z',
  '2025-11-26T17:18:61Z',
  '26.11.2025',
  '2025-11-26T17:18:27+25:00',
  '2025-11-26T17:18:27+1',
  '2025-11-26T17:18:27+02:3',
  '2025-11-26T17:18:27 UTC',
  '2025-11-26T17:18:27ZZ',
  '2025-11-26_17:18:27Z',
  '2025-1-2',
  '1969-12-31T23:59:59Z',
  '1970-01-01T00:00:00+00:01',
  '2262-04-11T23:47:16Z',
  '0001-01-01',
  '9999-12-31T23:59:59Z',
  '+2025-11-26T17:18:27Z',
  '2025-11-26T17.18.27Z',
]

type Parse = typeof parseEpoch

function parse(parse: Parse, text: string): bigint | undefined {
  const time = { low: 0, high: 0 }
  const bytes = Buffer.from(`"${text}"`)
  if (!parse(time, bytes, 1, bytes.length - 1)) return undefined
  return (BigInt(time.high) << 32n) | BigInt(time.low)
}

const iso = test.macro({
  exec: (t, text: string, nanos: bigint | undefined) => t.is(parse(parseIsoTime, text), nanos),
  title: (_, text: string, nanos: bigint | undefined) =>
    `${JSON.stringify(text)} is ${nanos ?? 'no time'}`,
})
const S = 1_764_177_507_000_000_000n
test(iso, '2025-11-26T17:18:27Z', S)
test(iso, '2025-11-26t17:18:27z', S)
test(iso, '2025-11-26 17:18:27', S)
test(iso, '2025-11-26T17:18:27', S)
test(iso, '2025-11-26T17:18:27.5Z', S + 500_000_000n)
test(iso, '2025-11-26T17:18:27,123Z', S + 123_000_000n)
test(iso, '2025-11-26T17:18:27.123456789Z', S + 123_456_789n)
test(iso, '2025-11-26T17:18:27.12345678999999Z', S + 123_456_789n)
test(iso, '2025-11-26T19:48:27+02:30', S)
test(iso, '2025-11-26T19:48:27+0230', S)
test(iso, '2025-11-26T15:18:27-02', S)
test(iso, '2025-11-26T17:18Z', S - 27_000_000_000n)
test(iso, '2025-11-26', 1_764_115_200_000_000_000n)
test(iso, '1970-01-01T00:00:00Z', 0n)
test(iso, '1970-01-01T02:00:00+02:00', 0n)
test(iso, '2024-02-29T00:00:00Z', 1_709_164_800_000_000_000n)
test(iso, '2000-02-29T00:00:00Z', 951_782_400_000_000_000n)
test(iso, '2016-12-31T23:59:60Z', 1_483_228_799_000_000_000n)
test(iso, '2262-04-11T23:47:15.999999999Z', 9_223_372_035_999_999_999n)
for (const text of NO_TIMES) {
  test(iso, text, undefined)
}

const epoch = test.macro({
  exec: (t, text: string, nanos: bigint | undefined) => t.is(parse(parseEpoch, text), nanos),
  title: (_, text: string, nanos: bigint | undefined) =>
    `epoch ${JSON.stringify(text)} is ${nanos ?? 'no time'}`,
})
test(epoch, '1764177507', S)
test(epoch, '1764177507000', S)
test(epoch, '1764177507000000', S)
test(epoch, '1764177507000000000', S)
test(epoch, '1764177507.123456789', S + 123_456_789n)
test(epoch, '1764177507.1', S + 100_000_000n)
test(epoch, '1764177507123.456', S + 123_456_000n)
test(epoch, '1764177507123456.789', S + 123_456_789n)
test(epoch, '1764177507123456789', S + 123_456_789n)
test(epoch, '1764177507123456789.9', S + 123_456_789n)
test(epoch, '0', 0n)
test(epoch, '99999999999', undefined)
test(epoch, '100000000000', 100_000_000_000_000_000n)
test(epoch, '9223372035999999999', 9_223_372_035_999_999_999n)
for (const text of [
  '',
  '-1',
  '1.',
  '.5',
  '1e9',
  '9223372036000000000',
  '12345678901234567890',
  'x',
]) {
  test(epoch, text, undefined)
}

test('a time is the one that Date gives, for every moment until 2262', t => {
  const ms = fc.integer({ min: 0, max: 9_223_372_035_999 })
  fc.assert(
    fc.property(ms, moment => {
      const text = new Date(moment).toISOString()
      t.is(parse(parseIsoTime, text), BigInt(moment) * 1_000_000n)
    }),
  )
})

test('halves are those of the 64-bit number', t => {
  const seconds = fc.integer({ min: 0, max: 9_223_372_035 })
  const nanos = fc.integer({ min: 0, max: 999_999_999 })
  fc.assert(
    fc.property(seconds, nanos, (s, n) => {
      const time = { low: 0, high: 0 }
      t.true(setTime(time, s, n))
      const whole = BigInt(s) * 1_000_000_000n + BigInt(n)
      t.is((BigInt(time.high) << 32n) | BigInt(time.low), whole)
    }),
  )
})

test('no text makes it fail in another way', t => {
  const text = fc.stringMatching(/^[0-9TZ:.+ -]{0,40}$/)
  fc.assert(
    fc.property(text, candidate => {
      parse(parseIsoTime, candidate)
      parse(parseEpoch, candidate)
      t.pass()
    }),
  )
})
