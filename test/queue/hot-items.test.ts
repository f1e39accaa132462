import test from 'ava'
import { HotItems } from '../../src/queue/hot-items.ts'
import type { FileItem } from '../../src/queue/lot-book.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { mark } from '../helpers/journal-parts.ts'
import { NEVER } from '../helpers/verdict.ts'

const batch = sampleLogs(['a', 'b', 'c'])
const BYTES = batch.memoryBytes

function item(sequence: number): FileItem {
  const { place: from } = mark(sequence)
  return { batch, size: 1, offeredAtMs: 0, from, to: mark(sequence + 1).place, bytes: 100 }
}

/** Room for two and a half; `low` counts the calls for more. */
function create(): { hot: HotItems; low: () => number } {
  let calls = 0
  const hot = new HotItems(2.5 * BYTES, () => calls++)
  return { hot, low: () => calls }
}

const sequenceOf = (found: { from: unknown } | undefined): number | undefined =>
  (found as FileItem | undefined)?.from.totals.sequence

test('it asks for what lies on disk as soon as it knows where to begin', t => {
  const { hot, low } = create()
  t.throws(() => hot.end, { message: 'the queue is not open' })
  hot.startAt(mark(5))
  t.is(low(), 1)
  t.deepEqual(hot.end, mark(5))
})

test('what is appended goes on disk only until everything before it has been read', t => {
  const { hot } = create()
  hot.startAt(mark(5))
  t.false(hot.wants(mark(5).place, BYTES))
  hot.push(item(5))
  t.false(hot.wants(mark(6).place, BYTES))
  hot.skipTo(mark(7).place)
  t.true(hot.wants(mark(7).place, BYTES))
})

test('beyond its bytes, what comes stays on disk until there is room again', async t => {
  const { hot, low } = create()
  hot.startAt(mark(1))
  hot.skipTo(mark(1).place)
  for (const sequence of [1, 2]) {
    t.true(hot.wants(mark(sequence).place, BYTES))
    hot.push(item(sequence))
  }
  t.false(hot.wants(mark(3).place, BYTES))
  // Room again, but 3 is on the disk only and comes first.
  t.is(sequenceOf(await hot.take(NEVER)), 1)
  t.false(hot.wants(mark(4).place, BYTES))
  t.is(low(), 2)
  t.is(sequenceOf(hot.end.place && (await hot.take(NEVER))), 2)
})

test('one item has room however large it is', t => {
  const hot = new HotItems(1, () => {})
  hot.startAt(mark(1))
  t.true(hot.hasRoom)
  hot.push(item(1))
  t.false(hot.hasRoom)
})

test('a taker that waits is given the next, whatever the bound', async t => {
  const hot = new HotItems(1, () => {})
  hot.startAt(mark(1))
  hot.skipTo(mark(1).place)
  const taken = hot.take(NEVER)
  t.true(hot.wants(mark(1).place, BYTES))
  hot.push(item(1))
  t.is(sequenceOf(await taken), 1)
  t.is(hot.peek(), undefined)
})

test('of a batch that an earlier process had cut, only the rest is given', async t => {
  const { hot } = create()
  hot.startAt(mark(5, 2))
  hot.push(item(5))
  hot.push(item(6))
  t.is((await hot.take(NEVER))?.begunRecords, 2)
  t.is((await hot.take(NEVER))?.begunRecords, undefined)
})

test('when the batch that was cut is damaged, the one behind it is given whole', async t => {
  const { hot } = create()
  hot.startAt(mark(5, 2))
  hot.push(item(6))
  t.is((await hot.take(NEVER))?.begunRecords, undefined)
})

test('a closed one gives nothing and wants nothing', async t => {
  const { hot } = create()
  hot.startAt(mark(1))
  hot.skipTo(mark(1).place)
  const waiting = hot.take(NEVER)
  hot.close()
  t.is(await waiting, undefined)
  t.false(hot.wants(mark(1).place, BYTES))
  t.is(await hot.take(NEVER), undefined)
})

test('it is low while more lies on disk and little is in memory', t => {
  const { hot } = create()
  hot.startAt(mark(5))
  t.true(hot.isLow)
  hot.push(item(5))
  t.true(hot.isLow)
  hot.push(item(6))
  t.false(hot.isLow)
  t.is(hot.size, 2)
  hot.drop()
  hot.drop()
  t.is(hot.size, 0)
  hot.skipTo(mark(7).place)
  t.false(hot.isLow)
})
