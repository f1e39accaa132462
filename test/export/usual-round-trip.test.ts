import test from 'ava'
import { UsualRoundTrip } from '../../src/export/usual-round-trip.ts'

/** After so many round trips of `ms`. */
function subject(count: number, ms: (i: number) => number, mayBeOurDoing = false): UsualRoundTrip {
  const usual = new UsualRoundTrip({ ewmaAlpha: 0.4, rttDeviationScale: 2.5 })
  for (let i = 0; i < count; i++) usual.add(ms(i), mayBeOurDoing)
  return usual
}

test('before the first nothing is long', t => {
  const usual = subject(0, () => 0)
  t.is(usual.ms, undefined)
  t.false(usual.isLong(1e9))
  t.false(usual.isLonger(1e9))
})

test('a quarter more than usual is long when they hardly differ', t => {
  const usual = subject(20, () => 100)
  t.false(usual.isLong(125))
  t.true(usual.isLong(126))
  t.false(usual.isLonger(105))
  t.true(usual.isLonger(106))
})

test('ten milliseconds more are not, however short they are', t => {
  const usual = subject(20, () => 1)
  t.false(usual.isLong(11))
  t.true(usual.isLong(12))
})

test('when they differ much, it takes much to be long', t => {
  const usual = subject(50, i => (i % 2 === 0 ? 50 : 150))
  t.false(usual.isLong(160))
  t.true(usual.isLong(250))
})

test('a shorter one counts at once, a longer one little by little', t => {
  const usual = subject(20, () => 100)
  usual.add(50, false)
  t.is(usual.ms, 80)
  const risen = subject(20, () => 100)
  risen.add(120, false)
  t.true(risen.ms! > 100 && risen.ms! < 101)
})

test('what may be our own doing does not become usual by being long', t => {
  const crowded = subject(20, () => 100, true)
  for (let i = 0; i < 100; i++) crowded.add(300, true)
  t.true(crowded.ms! < 110, String(crowded.ms))
  const slower = subject(20, () => 100)
  for (let i = 0; i < 200; i++) slower.add(300, false)
  t.true(slower.ms! > 200, String(slower.ms))
})

test('unless it is accepted', t => {
  const usual = subject(20, () => 100, true)
  for (let i = 0; i < 20; i++) usual.add(300, true)
  usual.accept()
  t.is(Math.round(usual.ms!), 300)
})
