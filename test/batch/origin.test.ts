import test from 'ava'
import { partOrigin, randomOrigin } from '../../src/batch/origin.ts'

test('random origins are 128 bits and never repeat', t => {
  const origins = new Set(Array.from({ length: 2000 }, randomOrigin))
  t.is(origins.size, 2000)
  for (const origin of origins) t.regex(origin, /^[0-9a-f]{32}$/)
})

test('the parts of a batch have stable identities', t => {
  t.is(partOrigin('kafka/logs/0/5-9', 1), partOrigin('kafka/logs/0/5-9', 1))
  t.not(partOrigin('a', 0), partOrigin('a', 1))
})
