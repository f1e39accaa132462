import test from 'ava'
import { type KeyConfig, keyList } from '../../../../plugins/extensions/api_key/config.ts'
import { KeySet } from '../../../../plugins/extensions/api_key/key-set.ts'
import { sha256 } from '../../../../src/auth/credentials.ts'
import { ManualClock } from '../../../../src/testing/manual-clock.ts'

const hash = (key: string): string => sha256(key).toString('hex')
const keys = (...list: object[]): readonly KeyConfig[] => keyList.parse(list)
const NOW = Date.parse('2025-11-26T17:00:00Z')

function setUp(...list: object[]) {
  const clock = new ManualClock()
  const set = new KeySet(clock, () => NOW)
  set.replace(keys(...list))
  return { set, clock }
}

test('a key is known by its hash, in either case of hex', t => {
  const { set } = setUp(
    { id: 'a', sha256: hash('key a'), tenant: 'shop' },
    { id: 'b', sha256: hash('key b').toUpperCase(), scopes: ['logs:read'] },
  )
  t.is(set.size, 2)
  t.deepEqual(set.verify('key a'), {
    subject: 'a',
    tenant: 'shop',
    scopes: new Set(['logs:write']),
  })
  t.like(set.verify('key b'), { subject: 'b', scopes: new Set(['logs:read']) })
})

for (const [what, text] of [
  ['another', 'key c'],
  ['the same in another case', 'KEY A'],
  ['none', ''],
  ['the hash itself', hash('key a')],
  ['one that is endless', 'x'.repeat(5000)],
] as const) {
  test(`${what} is no key`, t => {
    const { set } = setUp({ id: 'a', sha256: hash('key a') })
    t.like(set.verify(text), { denied: 'invalid' })
  })
}

test('expired and disabled keys are no good', t => {
  const { set } = setUp(
    { id: 'old', sha256: hash('old'), expires: '2025-11-26T17:00:00Z' },
    { id: 'new', sha256: hash('new'), expires: '2025-11-26T18:00:01+01:00' },
    { id: 'off', sha256: hash('off'), disabled: true },
  )
  t.like(set.verify('old'), { denied: 'expired', detail: 'key old' })
  t.like(set.verify('new'), { subject: 'new' })
  t.like(set.verify('off'), { denied: 'invalid', detail: 'key off is disabled' })
})

test('a key over its rate has to wait, its neighbour has not', async t => {
  const { set, clock } = setUp(
    { id: 'a', sha256: hash('a'), requests_per_second: 2 },
    { id: 'b', sha256: hash('b'), requests_per_second: 2, burst: 3 },
  )
  for (let i = 0; i < 2; i++) t.like(set.verify('a'), { subject: 'a' })
  t.like(set.verify('a'), { denied: 'rate_limited', retryAfterMs: 500 })
  for (let i = 0; i < 3; i++) t.like(set.verify('b'), { subject: 'b' })
  await clock.advance(500)
  t.like(set.verify('a'), { subject: 'a' })
})

test('another list does not give a key its requests back, unless its rate is another', t => {
  const slow = { id: 'a', sha256: hash('a'), requests_per_second: 1 }
  const { set } = setUp(slow)
  t.like(set.verify('a'), { subject: 'a' })
  set.replace(keys(slow, { id: 'b', sha256: hash('b') }))
  t.like(set.verify('a'), { denied: 'rate_limited' })
  set.replace(keys({ ...slow, requests_per_second: 2 }))
  t.like(set.verify('a'), { subject: 'a' })
  set.replace([])
  t.like(set.verify('a'), { denied: 'invalid' })
})
