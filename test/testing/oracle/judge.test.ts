import test from 'ava'
import fc from 'fast-check'
import { Issued } from '../../../src/testing/oracle/issued.ts'
import { type Arrival, judge, type Verdict } from '../../../src/testing/oracle/judge.ts'

interface Sent {
  readonly times: number
  readonly acked: boolean
}

/** Numbers 1, 2, ... as they were sent; `arrived` are their numbers, each as it should be. */
function verdictOf(
  sent: readonly Sent[],
  arrived: readonly (number | Arrival)[],
  options: { exactlyOnce?: boolean; damagedRecords?: number } = {},
): Verdict {
  const issued = new Issued()
  for (const { times, acked } of sent) {
    const number = issued.claim(1)
    for (let i = 0; i < times; i++) issued.sending(number, number + 1)
    if (acked) issued.answered(number, number + 1, 'acked')
  }
  const content = (number: number): string => `record ${number}`
  const arrivals = arrived.map(each =>
    typeof each === 'number' ? { number: each, content: content(each) } : each,
  )
  return judge({
    issued,
    arrivals,
    expected: content,
    exactlyOnce: options.exactlyOnce ?? true,
    damagedRecords: options.damagedRecords ?? 0,
  })
}

const ACKED = { times: 1, acked: true }
const UNACKED = { times: 1, acked: false }

const finds = test.macro(
  (
    t,
    sent: readonly Sent[],
    arrived: readonly (number | Arrival)[],
    options: { exactlyOnce?: boolean; damagedRecords?: number },
    broken: readonly string[],
  ) => {
    t.deepEqual(verdictOf(sent, arrived, options).broken, broken)
  },
)
test(
  'all acknowledged records are there: the promise is kept',
  finds,
  [ACKED, ACKED],
  [2, 1],
  {},
  [],
)
test('an acknowledged record is missing', finds, [ACKED, ACKED], [1], {}, [
  '1 acknowledged records are lost (2)',
])
test('a record that was not acknowledged may be missing', finds, [UNACKED], [], {}, [])
test('a record that was not acknowledged may be there', finds, [UNACKED], [1], {}, [])
test('a copy too many', finds, [ACKED], [1, 1], {}, ['1 copies too many (1)'])
test('copies, where once is not promised', finds, [ACKED], [1, 1], { exactlyOnce: false }, [])
test('as many copies as were sent', finds, [{ times: 2, acked: true }], [1, 1], {}, [])
test('a number nobody sent', finds, [ACKED], [1, 7], {}, ['1 records arrived that were never sent'])
test('a number that was claimed and not sent', finds, [{ times: 0, acked: false }], [1], {}, [
  '1 records arrived that were never sent',
])
test('a record without a number', finds, [], [{ number: undefined, content: 'x' }], {}, [
  '1 records arrived that were never sent',
])
test('a record with other bytes', finds, [ACKED], [{ number: 1, content: 'Record 1' }], {}, [
  '1 records are not what was sent (1)',
])
test('as much loss as was counted', finds, [ACKED, ACKED], [], { damagedRecords: 2 }, [])
test('more loss than was counted', finds, [ACKED, ACKED], [], { damagedRecords: 1 }, [
  '1 acknowledged records are lost (1, 2)',
])

const sentRecords = fc.array(fc.record({ times: fc.nat(3), acked: fc.boolean() }), {
  maxLength: 30,
})

test('whatever happened, the verdict counts it', t => {
  const scenario = sentRecords.chain(sent =>
    fc.record({
      // Nobody is acknowledged without having sent.
      sent: fc.constant(sent.map(each => ({ ...each, acked: each.acked && each.times > 0 }))),
      arrived: fc.array(fc.integer({ min: 1, max: sent.length + 3 }), { maxLength: 60 }),
      altered: fc.array(fc.integer({ min: 1, max: sent.length + 1 }), { maxLength: 3 }),
      exactlyOnce: fc.boolean(),
    }),
  )
  fc.assert(
    fc.property(scenario, ({ sent, arrived, altered, exactlyOnce }) => {
      const bad = altered.map(number => ({ number, content: 'other' }))
      const verdict = verdictOf(sent, [...arrived, ...bad], { exactlyOnce })
      const all = [...arrived, ...altered]
      const wasSent = (number: number): boolean => (sent[number - 1]?.times ?? 0) > 0
      const numbers = sent.map((_, index) => index + 1)
      const lost = numbers.filter(n => sent[n - 1]?.acked && !all.includes(n))
      const surplus = numbers.map(n => {
        const times = all.filter(each => each === n).length
        return wasSent(n) ? Math.max(0, times - (sent[n - 1]?.times ?? 0)) : 0
      })
      const duplicates = surplus.reduce((sum, each) => sum + each, 0)
      t.deepEqual(verdict.lost, lost)
      t.is(verdict.duplicates, duplicates)
      t.is(verdict.invented.length, all.filter(number => !wasSent(number)).length)
      t.is(verdict.altered.length, altered.filter(wasSent).length)
      t.is(verdict.acked, sent.filter(({ acked }) => acked).length)
      t.is(verdict.arrived, new Set(all.filter(wasSent)).size)
      const isBroken =
        lost.length + verdict.invented.length + verdict.altered.length > 0 ||
        (exactlyOnce && duplicates > 0)
      t.is(verdict.broken.length > 0, isBroken)
    }),
  )
})
