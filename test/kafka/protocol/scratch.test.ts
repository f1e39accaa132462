import test from 'ava'
import { lendScratch } from '../../../src/kafka/protocol/scratch.ts'

// One after the other: what is kept is the module's own.

test.serial('what was given back is lent again, and to one at a time', t => {
  const first = lendScratch(100_000)
  t.true(first.bytes.length >= 100_000)
  const second = lendScratch(100_000)
  t.not(second.bytes, first.bytes)
  first.giveBack()
  const third = lendScratch(100_000)
  t.is(third.bytes, first.bytes)
  second.giveBack()
  third.giveBack()
})

test.serial('what is too small is not lent', t => {
  const scratch = lendScratch(1_000_000)
  t.true(scratch.bytes.length >= 1_000_000)
  scratch.giveBack()
  t.is(lendScratch(900_000).bytes, scratch.bytes)
})

test.serial('what is very large is not kept', t => {
  const scratch = lendScratch(5 * 1024 * 1024)
  scratch.giveBack()
  t.not(lendScratch(5 * 1024 * 1024).bytes, scratch.bytes)
})

test.serial('no more than a few are kept, and those the largest', t => {
  const lent = Array.from({ length: 7 }, (_, i) => lendScratch((i + 10) * 65_536))
  for (const scratch of lent) scratch.giveBack()
  const kept = new Set(lent.map(({ bytes }) => bytes))
  const again = Array.from({ length: 7 }, () => lendScratch(1))
  t.is(again.filter(({ bytes }) => kept.has(bytes)).length, 5)
  t.false(again.some(({ bytes }) => bytes === lent[0]!.bytes))
})
