import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { Journal } from '../../../src/queue/log/journal.ts'
import { newJournal, recoverJournal } from '../../../src/queue/log/journal-file.ts'
import { Crash, type CrashFiles } from '../../helpers/crash-files.ts'
import { FaultyFiles } from '../../helpers/faulty-files.ts'
import { lotEntry } from '../../helpers/journal-parts.ts'

interface Opened {
  readonly files: FaultyFiles
  readonly journal: Journal
  readonly errors: unknown[]
}

async function open(files = new FaultyFiles()): Promise<Opened> {
  const recovered = (await recoverJournal(files, '/q')) ?? newJournal('00112233445566ff')
  const errors: unknown[] = []
  const journal = new Journal(files, '/q', recovered, error => errors.push(error))
  await journal.start()
  return { files, journal, errors }
}

const openIds = (journal: Journal): number[] => [...journal.open].map(({ id }) => id)
const sequenceOf = (journal: Journal): number => journal.cursor.place.totals.sequence

/** What the next process knows of it. */
async function stateIn(t: ExecutionContext, files: CrashFiles): Promise<string> {
  const found = await recoverJournal(files, '/q')
  t.truthy(found)
  const { cursor, open: lots } = found!.state
  return `${cursor.place.totals.sequence}: ${lots.map(({ id }) => id).join()}`
}

test('what was begun and not done is open after a restart', async t => {
  const { files, journal } = await open()
  for (let i = 1; i <= 5; i++) await journal.begin(lotEntry(i, i, i + 1))
  for (const id of [1, 3, 3, 99]) journal.done(id)
  await journal.close()
  const { journal: next } = await open(files)
  t.deepEqual(openIds(next), [2, 4, 5])
  t.is(sequenceOf(next), 6)
})

test('a begun lot survives a power cut as soon as begin resolves', async t => {
  const { files, journal } = await open()
  await journal.begin(lotEntry(1, 1, 4))
  t.is(
    await stateIn(
      t,
      files.afterCrash('power', () => 0),
    ),
    '4: 1',
  )
  t.is(
    await stateIn(
      t,
      files.afterCrash('power', () => 0.99),
    ),
    '4: 1',
  )
})

test('many lots at once share their writes', async t => {
  const { files, journal } = await open()
  const before = files.calls
  await Promise.all(Array.from({ length: 100 }, (_, i) => journal.begin(lotEntry(i, i + 1, i + 2))))
  t.true(files.calls - before <= 6)
  t.is(await stateIn(t, files), `101: ${Array.from({ length: 100 }, (_, i) => i).join()}`)
})

test('it turns over many times, and a lot that stays open is taken along', async t => {
  const { files, journal } = await open()
  await journal.begin(lotEntry(1, 1, 2))
  for (let i = 2; i <= 9000; i += 100) {
    const ids = Array.from({ length: 100 }, (_, k) => i + k)
    await Promise.all(ids.map(id => journal.begin(lotEntry(id, id, id + 1))))
    for (const id of ids) journal.done(id)
  }
  await journal.close()
  const { journal: next } = await open(files)
  t.deepEqual(openIds(next), [1])
  t.is(sequenceOf(next), 9002)
  t.is(files.usedBytes, 2 * 256 * 1024)
})

test('more open lots than a file has room for make it grow, not fail', async t => {
  const { files, journal } = await open()
  const count = 5000
  await Promise.all(
    Array.from({ length: count }, (_, i) => journal.begin(lotEntry(i, i + 1, i + 2))),
  )
  await journal.close()
  const { journal: next } = await open(files)
  t.is(openIds(next).length, count)
})

const survivesDamage = test.macro(async (t, name: string) => {
  const { files, journal } = await open()
  await journal.begin(lotEntry(1, 1, 4))
  await journal.close()
  const inode = files.names.get(`/q/${name}`)!
  inode.content[9]! ^= 1
  const { journal: next, files: now } = await open(files)
  t.true([1, 4].includes(sequenceOf(next)))
  await next.begin(lotEntry(7, 9, 10))
  // From here on both are good again.
  t.regex(await stateIn(t, now), /^10: .*7$/)
  await next.close()
})
test('damage of the one file', survivesDamage, 'cursor-a')
test('damage of the other file', survivesDamage, 'cursor-b')

test('a start makes a fresh generation, so that the files before it may both be damaged', async t => {
  const { files, journal } = await open()
  await journal.begin(lotEntry(1, 1, 4))
  await journal.close()
  const before = await recoverJournal(files, '/q')
  await open(files)
  const after = await recoverJournal(files, '/q')
  t.is(after!.generation, before!.generation + 1)
  t.deepEqual(after!.state, before!.state)
})

const recovers = test.macro(async (t, failing: 'write' | 'sync') => {
  const { files, journal } = await open()
  await journal.begin(lotEntry(1, 1, 2))
  const good = await stateIn(t, files)
  files.failing = failing
  files.written.clear()
  for (let i = 2; i <= 6; i++) {
    await t.throwsAsync(journal.begin(lotEntry(i, i, i + 1)), { code: 'EIO' })
    // The first failure was in the file that counted; from then on it is left alone.
    if (i === 2) files.written.clear()
    t.true(files.written.size <= 1)
    // As bad as a power cut may make it, one of the states that were written is there.
    for (const luck of [0, 0.5, 0.99]) {
      const state = await stateIn(
        t,
        files.afterCrash('power', () => luck),
      )
      t.true(state === good || /^\d: 1(,\d)*$/.test(state), state)
    }
  }
  files.failing = undefined
  await journal.sync()
  t.is(
    await stateIn(
      t,
      files.afterCrash('power', () => 0),
    ),
    '7: 1,2,3,4,5,6',
  )
  await journal.close()
})
test('failed writes are made good in the other file', recovers, 'write')
test('failed syncs are made good in the other file', recovers, 'sync')

test('a done that could not be written is told, and not lost while the process lives', async t => {
  const { files, journal, errors } = await open()
  await journal.begin(lotEntry(1, 1, 2))
  files.failing = 'write'
  journal.done(1)
  await journal.sync().catch(() => {})
  files.failing = undefined
  await journal.sync()
  t.is(await stateIn(t, files), '2: ')
  t.true(errors.length <= 1)
})

test('a disk that is full from now on does not stop it', async t => {
  const { files, journal } = await open()
  files.capacityBytes = files.usedBytes
  for (let i = 1; i <= 5000; i += 50) {
    const ids = Array.from({ length: 50 }, (_, k) => i + k)
    await Promise.all(ids.map(id => journal.begin(lotEntry(id, id, id + 1))))
    for (const id of ids) journal.done(id)
  }
  await journal.close()
  t.is(await stateIn(t, files), '5001: ')
})

test('crashed at any call, what was begun before is known to the next process', async t => {
  const steps = fc.array(fc.constantFrom('begin', 'done', 'restart'), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(80), fc.nat(), fc.boolean(), async (all, calls, seed, power) => {
      let state = seed
      const random = (): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        return state / 2 ** 32
      }
      const files = new FaultyFiles()
      let { journal } = await open(files)
      files.callsLeft = calls
      let next = 1
      const certain = new Set<number>()
      const finished = new Set<number>()
      try {
        for (const step of all) {
          if (step === 'begin') {
            await journal.begin(lotEntry(next, next, next + 1))
            certain.add(next++)
          } else if (step === 'done') {
            const [first] = [...certain].filter(id => !finished.has(id))
            if (first === undefined) continue
            finished.add(first)
            journal.done(first)
          } else {
            await journal.close()
            journal = (await open(files)).journal
          }
        }
      } catch (error) {
        if (!(error instanceof Crash)) throw error
      }
      const found = await recoverJournal(files.afterCrash(power ? 'power' : 'kill', random), '/q')
      const ids = found!.state.open.map(({ id }) => id)
      const lost = [...certain].filter(id => !finished.has(id) && !ids.includes(id))
      t.deepEqual(lost, [])
      t.true(found!.state.cursor.place.totals.sequence >= certain.size + 1)
    }),
    { numRuns: 200 },
  )
})
