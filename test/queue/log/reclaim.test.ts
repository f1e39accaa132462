import test from 'ava'
import type { Place } from '../../../src/queue/log/place.ts'
import { Reclaim } from '../../../src/queue/log/reclaim.ts'
import { FaultyFiles } from '../../helpers/faulty-files.ts'
import { openTestLog, segmentPaths, type TestLog } from '../../helpers/test-log.ts'

interface Bench {
  readonly files: FaultyFiles
  readonly log: TestLog
  readonly reclaim: Reclaim
  readonly errors: unknown[]
  readonly places: Place[]
  readonly passed: { from: Place; to: Place }[]
  /** Begins the batches with these indices, `from` up to, not including, `to`, as one lot. */
  readonly begin: (id: number, from: number, to: number) => Promise<void>
  readonly retired: () => Promise<string>
}

/** Eight batches, one in each segment. */
async function createBench(): Promise<Bench> {
  const files = new FaultyFiles()
  const log = await openTestLog(files)
  const places: Place[] = []
  for (let i = 0; i < 8; i++) places.push(...(await log.append(`${i}${'x'.repeat(300)}`)))
  const errors: unknown[] = []
  const passed: { from: Place; to: Place }[] = []
  const { journal, folder, segments } = log
  const reclaim = new Reclaim(
    journal,
    folder,
    segments,
    () => passed,
    error => errors.push(error),
  )
  return {
    files,
    log,
    reclaim,
    errors,
    places,
    passed,
    begin: async (id, from, to) => {
      const mark = (index: number) => ({ place: places[index] ?? log.log.tail, record: 0 })
      const sums = { requests: to - from, records: to - from, bytes: 0 }
      await journal.begin({ id, from: mark(from), to: mark(to), sums })
    },
    retired: async () => {
      reclaim.soon()
      await reclaim.idle()
      return [...segments].map(({ number }) => number).join()
    },
  }
}

test('a segment is kept until everything in it is done', async t => {
  const { log, begin, retired, files } = await createBench()
  t.is(await retired(), '1,2,3,4,5,6,7,8')
  await begin(1, 0, 3)
  // The cursor stands in 4; the lot needs 1 to 4, for where it ends is not behind 3.
  t.is(await retired(), '1,2,3,4,5,6,7,8')
  log.journal.done(1)
  t.is(await retired(), '4,5,6,7,8')
  t.is(segmentPaths(files).length, 5)
})

test('a lot that is stuck keeps its own segments, not those behind it', async t => {
  const { log, begin, retired } = await createBench()
  await begin(1, 0, 1)
  await begin(2, 1, 4)
  await begin(3, 4, 7)
  log.journal.done(1)
  log.journal.done(3)
  t.regex(await retired(), /^2,3,4,(5,)?8$/)
  log.journal.done(2)
  t.is(await retired(), '8')
})

test('nothing is put away before the disk knows that it is done', async t => {
  const { log, begin, retired, files, errors } = await createBench()
  await begin(1, 0, 3)
  files.failing = 'sync'
  log.journal.done(1)
  t.is(await retired(), '1,2,3,4,5,6,7,8')
  t.true(errors.length >= 1)
  files.failing = undefined
  t.is(await retired(), '4,5,6,7,8')
})

const isTriedAgain = test.macro(async (t, failing: 'rename' | 'syncFolder') => {
  const { log, begin, retired, files, errors } = await createBench()
  await begin(1, 0, 4)
  log.journal.done(1)
  await log.journal.sync()
  files.failing = failing
  await retired()
  t.is(errors.length, 1)
  files.failing = undefined
  t.is(await retired(), '5,6,7,8')
  t.is(segmentPaths(files).length, 4)
})
test('what could not be renamed is tried again', isTriedAgain, 'rename')
test('what was renamed and not synced is not tried again for ever', isTriedAgain, 'syncFolder')

test('a power cut between the steps loses nothing that is open', async t => {
  for (let calls = 0; calls < 14; calls++) {
    const { log, begin, reclaim, files } = await createBench()
    await begin(1, 0, 1)
    await begin(2, 1, 4)
    log.journal.done(1)
    files.callsLeft = calls
    reclaim.soon()
    await reclaim.idle().catch(() => {})
    const next = await openTestLog(files.afterCrash('power', () => 0.5))
    const [lot] = [...next.journal.open].filter(({ id }) => id === 2)
    t.is((await next.readAll(lot!.from.place)).length, 7)
  }
})

test('what was dropped is put away though the cursor is before it', async t => {
  const { begin, retired, passed, places } = await createBench()
  await begin(1, 0, 1)
  passed.push({ from: places[2]!, to: places[6]! })
  // Where it begins and where it ends may have something else beside it.
  t.regex(await retired(), /^1,2,3,(6,)?7,8$/)
})
