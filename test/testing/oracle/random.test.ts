import test from 'ava'
import { Random } from '../../../src/testing/oracle/random.ts'

test('the same seed gives the same numbers on every machine', t => {
  const random = new Random(7, 'faults')
  t.deepEqual(
    Array.from({ length: 5 }, () => random.int(0, 999)),
    [775, 217, 624, 61, 624],
  )
})

test('other parts of a seed give other numbers', t => {
  const first = (...seed: (number | string)[]): number => new Random(...seed).next()
  t.is(new Set([first(1), first(2), first(1, 'a'), first(1, 'b'), first('1', 'c')]).size, 5)
})

test('a range includes both ends, and nothing outside', t => {
  const random = new Random(1)
  const values = new Set(Array.from({ length: 1000 }, () => random.int(-1, 2)))
  t.deepEqual(
    [...values].toSorted((a, b) => a - b),
    [-1, 0, 1, 2],
  )
})

test('a shuffle keeps every value', t => {
  const values = Array.from({ length: 50 }, (_, i) => i)
  const shuffled = new Random(1).shuffle(values)
  t.notDeepEqual(shuffled, values)
  t.deepEqual(
    shuffled.toSorted((a, b) => a - b),
    values,
  )
})

test('there is nothing to pick from an empty list', t => {
  t.throws(() => new Random(1).pick([]), { instanceOf: RangeError })
})
