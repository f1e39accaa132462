import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import test, { type ExecutionContext } from 'ava'
import { changeState } from '../../src/dead-letter/directory.ts'
import { endReplayedFiles } from '../../src/dead-letter/read-letters.ts'
import { addMark } from '../../src/dead-letter/replayed-marks.ts'
import { DeadLetterStore, type DeadLetterStoreOptions } from '../../src/dead-letter/store.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { bodiesOf, createTestContext, type TestContext } from '../../src/testing/index.ts'
import { letterOf, lettersIn } from '../helpers/dead-letters.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { NEVER } from '../helpers/verdict.ts'

interface Subject {
  readonly store: DeadLetterStore
  readonly directory: string
  readonly context: TestContext
}

async function start(
  t: ExecutionContext,
  change: Partial<DeadLetterStoreOptions> = {},
): Promise<Subject> {
  const directory = change.directory ?? `${await tempFolder(t)}/dead`
  const context = createTestContext('exporter', 'x')
  const { logger } = context
  const store = new DeadLetterStore({ directory, sizeBytesMax: 1 << 20, logger, ...change })
  await store.start()
  t.teardown(() => store.stop())
  return { store, directory, context }
}

test('a letter is there with its original bytes as soon as it is acknowledged', async t => {
  const { store, directory } = await start(t)
  const letter = letterOf(['a', 'b'])
  await store.write([letter, letterOf(['c'])], NEVER)
  const { letters, troubles } = await lettersIn(directory)
  t.deepEqual(troubles, [])
  t.deepEqual(
    letters.map(({ metadata }) => metadata.origin),
    ['q/a+b', 'q/c'],
  )
  t.deepEqual(letters[0]?.logs, letter.records.bytes)
  t.deepEqual(bodiesOf(decodeLogs(letters[1]!.logs, { requestId: '' }).batch), ['c'])
})

test('many writers at once all find their letters, in few syncs', async t => {
  const { store, directory } = await start(t)
  const names = Array.from({ length: 300 }, (_, i) => `n${i}`)
  await Promise.all(names.map(name => store.write([letterOf([name])], NEVER)))
  const { letters } = await lettersIn(directory)
  t.is(new Set(letters.map(({ metadata }) => metadata.origin)).size, 300)
  t.is((await readdir(directory)).length, 1)
})

test('two stores on one directory do not disturb each other', async t => {
  const { store, directory } = await start(t)
  const { store: other } = await start(t, { directory })
  const names = Array.from({ length: 50 }, (_, i) => `n${i}`)
  await Promise.all(
    names.map((name, i) => (i % 2 === 0 ? store : other).write([letterOf([name])], NEVER)),
  )
  const { letters, troubles } = await lettersIn(directory)
  t.is(letters.length, 50)
  t.deepEqual(troubles, [])
})

test('a store that starts leaves the files alone that another of this process is writing', async t => {
  const { store, directory } = await start(t)
  await store.write([letterOf(['a'])], NEVER)
  await start(t, { directory })
  t.true((await readdir(directory))[0]!.endsWith('.open'))
  await store.write([letterOf(['b'])], NEVER)
  t.is((await lettersIn(directory)).letters.length, 2)
})

test('directory and files are for their owner only', async t => {
  const { store, directory } = await start(t)
  await store.write([letterOf(['a'])], NEVER)
  t.is((await stat(directory)).mode & 0o777, 0o700)
  const [name] = await readdir(directory)
  t.is((await stat(`${directory}/${name}`)).mode & 0o777, 0o600)
})

test('a large file is followed by another', async t => {
  const { store, directory } = await start(t, { fileBytesMax: 1000 })
  for (let i = 0; i < 20; i++) await store.write([letterOf([`n${i}`])], NEVER)
  const files = await readdir(directory)
  t.true(files.length > 3)
  t.is(files.filter(name => name.endsWith('.open')).length, 1)
  t.is((await lettersIn(directory)).letters.length, 20)
  await store.stop()
  t.true((await readdir(directory)).every(name => name.endsWith('.letters')))
})

test('a full store refuses retryably, says what to do, and deletes nothing', async t => {
  const { store, directory, context } = await start(t, { sizeBytesMax: 2000 })
  let written = 0
  const error = await t.throwsAsync(async () => {
    for (; written < 100; written++) await store.write([letterOf([`n${written}`])], NEVER)
  })
  t.like(error, { retryable: true, reason: 'dead_letter_full' })
  t.true(written > 0)
  t.is((await lettersIn(directory)).letters.length, written)
  const line = context.lines.find(({ level }) => level === 50)
  t.regex(String(line?.['msg']), /replay what is there.*max_size/)
})

test('a full store makes room by what has been replayed', async t => {
  const { store, directory } = await start(t, { sizeBytesMax: 4000, fileBytesMax: 1000 })
  const fill = async () => {
    for (let i = 0; i < 100; i++) await store.write([letterOf([`n${i}`])], NEVER)
  }
  await t.throwsAsync(fill, { message: /is full/ })
  const { letters } = await lettersIn(directory)
  const { file } = letters[0]!
  for (const letter of letters.filter(letter => letter.file === file)) {
    const mark = { time: '2026-11-26T12:00:00.000Z', exporter: 'x' }
    await addMark(directory, file, letter.offset, mark)
  }
  await endReplayedFiles(directory)
  await store.write([letterOf(['again'])], NEVER)
  const left = (await lettersIn(directory)).letters
  t.false(left.some(letter => letter.file === file))
  t.true(left.length >= letters.length - 3)
  t.is(left.at(-1)?.metadata.origin, 'q/again')
})

test('what earlier runs and other processes have written counts towards the size', async t => {
  const { store, directory } = await start(t, { sizeBytesMax: 2000 })
  await store.write([letterOf(['x'.repeat(900)], { origin: 'o' })], NEVER)
  await store.stop()
  const { store: next } = await start(t, { directory, sizeBytesMax: 2000 })
  await t.throwsAsync(next.write([letterOf(['y'.repeat(900)], { origin: 'o' })], NEVER), {
    message: /is full/,
  })
})

test('a disk that is full is said, retryably, and no half of a letter stays', async t => {
  // RLIMIT_FSIZE stands in for the disk: the write fails in its middle, with EFBIG.
  const directory = `${await tempFolder(t)}/dead`
  const program = `
    import { DeadLetterStore } from ${JSON.stringify(new URL('../../src/dead-letter/store.js', import.meta.url))}
    import { sampleLogs } from ${JSON.stringify(new URL('../../src/testing/index.js', import.meta.url))}
    process.on('SIGXFSZ', () => {})
    const logger = { warn() {}, error() {}, info() {} }
    const store = new DeadLetterStore({ directory: ${JSON.stringify(directory)}, sizeBytesMax: 1e9, logger })
    await store.start()
    const letter = text => ({ records: sampleLogs([text]), origin: 'o', reason: 'r', code: 'internal',
      message: '', timeMs: 0, destination: 'd', pipelines: [] })
    const { signal } = new AbortController()
    await store.write([letter('small')], signal)
    try { await store.write([letter('x'.repeat(100000))], signal) } catch (error) {
      console.log(JSON.stringify({ retryable: error.retryable, reason: error.reason }))
    }
    await store.write([letter('small again')], signal)
    await store.stop()
    process.exit(0)
  `
  const limited = ['-c', 'ulimit -f 40; exec "$@"', '-', process.execPath, '--input-type=module']
  const { stdout, stderr } = spawnSync('bash', [...limited, '-e', program], { encoding: 'utf8' })
  t.deepEqual(JSON.parse(stdout || stderr), { retryable: true, reason: 'disk_full' })
  const { letters, troubles } = await lettersIn(directory)
  t.is(letters.length, 2)
  t.deepEqual(troubles, [])
})

test('a directory that was moved away is made again', async t => {
  const { store, directory } = await start(t, { fileBytesMax: 1000 })
  await store.write([letterOf(['x'.repeat(900)], { origin: 'o' })], NEVER)
  await rm(directory, { recursive: true })
  await store.write([letterOf(['y'.repeat(900)], { origin: 'o' })], NEVER)
  t.is((await lettersIn(directory)).letters.length, 1)
})

test('what waits for a slow disk is bounded', async t => {
  const { store } = await start(t, { waitingBytesMax: 2000 })
  const writing = Array.from({ length: 20 }, (_, i) =>
    store.write([letterOf([`${i}`.repeat(400)])], NEVER),
  )
  const outcomes = await Promise.allSettled(writing)
  const refused = outcomes.filter(({ status }) => status === 'rejected')
  t.true(refused.length > 0 && refused.length < 20)
  t.like((refused[0] as PromiseRejectedResult).reason, {
    retryable: true,
    reason: 'dead_letter_busy',
  })
  await store.write([letterOf(['later'])], NEVER)
})

test('a sender that leaves does not wait', async t => {
  const { store } = await start(t)
  const error = await t.throwsAsync(store.write([letterOf(['a'])], AbortSignal.abort()))
  t.like(error, { code: 'cancelled', retryable: true })
})

test('a foreign file in the directory is an error at the start that names it', async t => {
  const directory = await tempFolder(t)
  await writeFile(`${directory}/queue.db`, 'x')
  await t.throwsAsync(start(t, { directory }), {
    message: /dead letters cannot be kept in .*"queue\.db" .* give dead letters a directory/,
  })
})

test('a directory that cannot be made is an error at the start', async t => {
  const folder = await tempFolder(t)
  await writeFile(`${folder}/file`, 'x')
  await t.throwsAsync(start(t, { directory: `${folder}/file/dead` }), {
    message: /dead letters cannot be kept in .*ENOTDIR/,
  })
})

test('a directory that lost its permission refuses until it has it again', async t => {
  if (process.getuid?.() === 0) {
    // Root may write anywhere: a file where the directory was makes the same failure.
    const { store, directory } = await start(t)
    await rm(directory, { recursive: true })
    await writeFile(directory, '')
    await t.throwsAsync(store.write([letterOf(['a'])], NEVER), { message: /cannot write/ })
    await rm(directory)
    await store.write([letterOf(['a'])], NEVER)
    t.pass()
    return
  }
  const { store, directory } = await start(t)
  await chmod(directory, 0o500)
  const error = await t.throwsAsync(store.write([letterOf(['a'])], NEVER))
  t.like(error, { retryable: true, reason: 'permission_denied' })
  await chmod(directory, 0o700)
  await t.notThrowsAsync(store.write([letterOf(['a'])], NEVER))
})

test('letters of a crashed process are recovered at the start, and said', async t => {
  const { store, directory } = await start(t)
  await store.write([letterOf(['a'])], NEVER)
  await store.stop()
  const name = (await readdir(directory))[0]!.replace('.letters', '')
  await changeState(directory, { name, state: 'letters' }, 'open')
  const { context } = await start(t, { directory })
  t.like(
    context.lines.find(({ msg }) => msg === 'dead letters of a crash recovered'),
    { files: 1, cut_bytes: 0 },
  )
  t.is((await lettersIn(directory)).letters.length, 1)
  await mkdir(`${directory}/x`)
  await t.throwsAsync(lettersIn(directory), { message: /"x"/ })
})
