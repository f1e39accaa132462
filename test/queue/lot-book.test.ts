import test from 'ava'
import { Journal } from '../../src/queue/log/journal.ts'
import { newJournal, recoverJournal } from '../../src/queue/log/journal-file.ts'
import { type FileItem, LotBook } from '../../src/queue/lot-book.ts'
import { type Lot, type Sizer, wholeLot } from '../../src/queue/queue.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { CrashFiles } from '../helpers/crash-files.ts'

/*
 * A log in which every batch has four records and takes 100 bytes.
 */

const COUNT = 4
const batch = sampleLogs(['a', 'b', 'c', 'd'])

function placeOf(sequence: number) {
  const before = sequence - 1
  const totals = { sequence, records: before * COUNT, bytes: before * 100 }
  return { segment: 1, offset: 64 + before * 100, totals }
}

function item(sequence: number): FileItem {
  const to = placeOf(sequence + 1)
  return { batch, size: 100, offeredAtMs: 0, from: placeOf(sequence), to, bytes: 100 }
}

const items = Array.from({ length: 10 }, (_, i) => item(i + 1))

async function open(
  files = new CrashFiles(),
  held = items.length,
  sizer: Sizer = 'bytes',
): Promise<{ files: CrashFiles; journal: Journal; lots: LotBook }> {
  const recovered = (await recoverJournal(files, '/q')) ?? newJournal()
  const journal = new Journal(files, '/q', recovered, () => {})
  await journal.start()
  return { files, journal, lots: new LotBook(journal, placeOf(held + 1), sizer) }
}

/** What the next process finds: the cursor, and the lots that are open. */
async function written(journal: Journal, files: CrashFiles): Promise<string> {
  await journal.sync()
  const { cursor, open: lots } = (await recoverJournal(files, '/q'))!.state
  const text = ({ place, record }: { place: { totals: { sequence: number } }; record: number }) =>
    record === 0 ? `${place.totals.sequence}` : `${place.totals.sequence}:${record}`
  return [text(cursor), ...lots.map(({ from, to }) => `${text(from)}-${text(to)}`)].join(' ')
}

const part = (sequence: number, from = 0, to = COUNT) => ({ item: items[sequence - 1]!, from, to })
const lotOf = (...parts: ReturnType<typeof part>[]): Lot => ({ parts })

const accounts = test.macro(async (t, sizer: Sizer, whole: number, cut: readonly number[]) => {
  const { lots } = await open(new CrashFiles(), 2, sizer)
  t.is(lots.size, 2 * whole)
  const first = lotOf(part(1, 0, 3))
  const second = lotOf(part(1, 3, 4), part(2))
  await lots.begin(first)
  await lots.begin(second)
  t.deepEqual([lots.done(first), lots.done(second)], cut)
  t.deepEqual(lots.held, { requests: 0, records: 0, bytes: 0 })
  t.is(lots.done(first), 0)
  t.is(lots.size, 0)
})
test('room comes back exactly once, counting bytes', accounts, 'bytes', 100, [0, 200])
test('room comes back exactly once, counting records', accounts, 'items', 4, [3, 5])
test('room comes back exactly once, counting requests', accounts, 'requests', 1, [0, 2])

test('lots that begin and end in the middle of batches come back as they were', async t => {
  const { files, journal, lots } = await open()
  const cuts = [lotOf(part(1, 0, 3)), lotOf(part(1, 3), part(2, 0, 1)), lotOf(part(2, 1, 3))]
  for (const lot of cuts) await lots.begin(lot)
  lots.done(cuts[0]!)
  t.is(await written(journal, files), '2:3 1:3-2:1 2:1-2:3')
  const next = await open(files)
  t.is(next.lots.held.records, 10 * COUNT - 3)
  const found: Lot[] = []
  for (let entry = next.lots.nextUnfinished(); entry; entry = next.lots.nextUnfinished()) {
    const inside = items.filter(({ from }) => {
      const { sequence } = from.totals
      const { place, record } = entry!.to
      if (sequence < entry!.from.place.totals.sequence) return false
      return sequence < place.totals.sequence || (sequence === place.totals.sequence && record > 0)
    })
    found.push(next.lots.restore(entry, inside)!)
  }
  t.deepEqual(found, cuts.slice(1))
  for (const lot of found) next.lots.done(lot)
  t.is(next.lots.held.records, 8 * COUNT + 1)
})

test('a lot of which nothing can be read any more gives its room back', async t => {
  const { files, lots } = await open()
  await lots.begin(lotOf(part(1), part(2)))
  const next = await open(files)
  const entry = next.lots.nextUnfinished()!
  t.is(next.lots.restore(entry, []), undefined)
  t.is(next.lots.forget(entry), 200)
  t.is(next.lots.held.bytes, 800)
  t.is(next.lots.nextUnfinished(), undefined)
})

test('what is dropped is behind the cursor at once when nothing before it waits', async t => {
  const { files, journal, lots } = await open()
  t.is(lots.drop(items[0]!), 100)
  t.is(lots.drop(items[1]!), 100)
  t.is(await written(journal, files), '3')
  t.is(lots.held.records, 8 * COUNT)
})

test('what is dropped behind a batch in hand is written down with that batch', async t => {
  const { files, journal, lots } = await open()
  // 1 was taken.
  for (const index of [1, 2, 3]) lots.drop(items[index]!)
  t.is(await written(journal, files), '1')
  await lots.begin(wholeLot(items[0]!))
  t.is(await written(journal, files), '5 1-2')
  await lots.begin(wholeLot(items[4]!))
  t.is(await written(journal, files), '6 1-2 5-6')
})

test('what is dropped behind the rest of a batch waits for all of it', async t => {
  const { files, journal, lots } = await open()
  await lots.begin(lotOf(part(1, 0, 1)))
  lots.drop(items[1]!)
  t.is(await written(journal, files), '1:1 1-1:1')
  await lots.begin(lotOf(part(1, 1, 2)))
  t.is(await written(journal, files), '1:2 1-1:1 1:1-1:2')
  await lots.begin(lotOf(part(1, 2)))
  t.is(await written(journal, files), '3 1-1:1 1:1-1:2 1:2-2')
})

test('the rest of a batch of an earlier process is dropped, and what was begun is kept', async t => {
  const { files, journal, lots } = await open()
  await lots.begin(lotOf(part(1, 0, 3)))
  const next = await open(files)
  t.is(next.lots.drop({ ...items[0]!, begunRecords: 3 }), 100)
  t.is(next.lots.held.records, 9 * COUNT + 3)
  await journal.close()
  t.is(await written(next.journal, files), '2 1-1:3')
})

test('behind damage, what is dropped is written down too', async t => {
  const { files, journal, lots } = await open()
  // 1 cannot be read: 2 is the first that comes.
  const sums = { requests: 1, records: 0, bytes: 0 }
  t.is(lots.lose({ from: placeOf(1), to: placeOf(2), ...sums }, 0), 0)
  lots.drop(items[1]!)
  lots.drop(items[2]!)
  t.is(await written(journal, files), '4')
  t.deepEqual(lots.passed, [])
})

test('damage in the middle of a lot does not hold up the cursor', async t => {
  const { files, journal, lots } = await open()
  const sums = { requests: 1, records: 0, bytes: 0 }
  lots.lose({ from: placeOf(2), to: placeOf(3), ...sums }, 0)
  await lots.begin(lotOf(part(1), part(3)))
  lots.drop(items[3]!)
  t.is(await written(journal, files), '5 1-4')
  t.deepEqual(lots.passed, [])
})

test('records of a damaged batch that were begun before are not taken away twice', async t => {
  const { files, lots } = await open(new CrashFiles(), 1, 'items')
  await lots.begin(lotOf(part(1, 0, 3)))
  const next = await open(files, 1, 'items')
  t.is(next.lots.size, COUNT)
  const sums = { requests: 1, records: COUNT, bytes: 100 }
  t.is(next.lots.lose({ from: placeOf(1), to: placeOf(2), ...sums }, 3), 1)
  t.is(next.lots.size, 3)
})

test('what is dropped for a long time behind a batch in hand takes no memory', async t => {
  const { lots, journal, files } = await open(new CrashFiles(), 10_000)
  for (let sequence = 2; sequence <= 10_000; sequence++) lots.drop(item(sequence))
  t.is(lots.passed.length, 1)
  const before = files.calls
  await lots.begin(wholeLot(items[0]!))
  t.true(files.calls - before < 5)
  t.is(journal.cursor.place.totals.sequence, 10_001)
  t.is([...journal.open].length, 1)
})
