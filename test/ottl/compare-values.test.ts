import test from 'ava'
import type { AnyValue } from '../../src/batch/any-value.ts'
import { COMPARISONS, compareValues } from '../../src/ottl/compare-values.ts'

/** Which comparisons hold. */
function holding(a: AnyValue, b: AnyValue): string {
  return COMPARISONS.filter(comparison => compareValues(a, comparison, b)).join(' ')
}

test('numbers, whole or not', t => {
  t.is(holding(1n, 2n), '!= < <=')
  t.is(holding(2n, 2n), '== <= >=')
  t.is(holding(2, 1.5), '!= > >=')
  t.is(holding(2n, 2), '== <= >=')
  t.is(holding(1.5, 2n), '!= < <=')
  t.is(holding(9_223_372_036_854_775_807n, 9_223_372_036_854_775_806n), '!= > >=')
  t.is(holding(Number.NaN, Number.NaN), '!=')
})

test('texts by their bytes', t => {
  t.is(holding('a', 'b'), '!= < <=')
  t.is(holding('a', 'a'), '== <= >=')
  // In UTF-16 it is the other way round.
  t.is(holding('\uff5e', '\u{1f980}'), '!= < <=')
})

test('false is before true', t => {
  t.is(holding(false, true), '!= < <=')
  t.is(holding(true, true), '== <= >=')
})

test('bytes', t => {
  t.is(holding(Buffer.from([1]), Buffer.from([1, 0])), '!= < <=')
  t.is(holding(Buffer.from([1]), Buffer.from([1])), '== <= >=')
})

test('nil is nil, and like nothing else', t => {
  t.is(holding(undefined, undefined), '== <= >=')
  for (const value of [0n, '', false, Buffer.alloc(0), [], new Map()]) {
    t.is(holding(undefined, value), '!=')
    t.is(holding(value, undefined), '!=')
  }
})

test('values of different types are only unlike', t => {
  t.is(holding('1', 1n), '!=')
  t.is(holding(true, 1n), '!=')
  t.is(holding([1n], '1'), '!=')
})

test('lists and maps are like when all in them is', t => {
  const map = (...entries: [string, AnyValue][]): AnyValue => new Map(entries)
  t.is(holding(map(['a', 1n], ['b', [2]]), map(['b', [2]], ['a', 1n])), '==')
  t.is(holding(map(['a', 1n]), map(['a', 2n])), '!=')
  t.is(holding([1n, 'x'], [1n, 'x']), '==')
})
