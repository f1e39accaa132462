import test from 'ava'
import type { LogBatch } from '../../src/batch/log-batch.ts'
import { BatchFormer, type FormedBatch } from '../../src/export/batch-former.ts'
import type { BatchConfig } from '../../src/export/config.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { MemoryQueue } from '../../src/queue/memory-queue.ts'
import { ManualClock, settle } from '../../src/testing/manual-clock.ts'
import { bodiesOf, sampleLogs } from '../../src/testing/sample-logs.ts'
import { NEVER } from '../helpers/verdict.ts'

const CONFIG: BatchConfig = { flush_timeout: 200, min_size: 1, max_size: 0, sizer: 'items' }

interface Bench {
  readonly clock: ManualClock
  readonly queue: MemoryQueue
  readonly former: BatchFormer
  /** The verdict on each item, by origin, in the order they came. */
  readonly verdicts: [string | undefined, PipelineError | undefined][]
  /** Each letter is a record; the item is named by its letters. */
  readonly offer: (letters: string) => Promise<void>
}

function createBench(config: Partial<BatchConfig>): Bench {
  const clock = new ManualClock()
  const capacity = 1000
  const queue = new MemoryQueue({
    name: 'q',
    sizer: 'items',
    capacity,
    overflow: 'refuse',
    clock,
  })
  const verdicts: Bench['verdicts'] = []
  const source = {
    resume: queue.resume.bind(queue),
    take: queue.take.bind(queue),
    begin: queue.begin.bind(queue),
    nameOf: () => queue.nameOf(),
    done: queue.done.bind(queue),
    settle: (item: { batch: LogBatch }, error: PipelineError | undefined): void => {
      verdicts.push([item.batch.origin, error])
    },
  }
  const former = new BatchFormer(source, { ...CONFIG, ...config }, clock)
  const offer = async (letters: string): Promise<void> =>
    await queue.offer(
      sampleLogs(letters.split(''), { requestId: letters }).with(named(letters)),
      NEVER,
    )
  return { clock, queue, former, verdicts, offer }
}

const named = (origin: string): { origin: string } => ({ origin })

async function formAll(former: BatchFormer): Promise<FormedBatch[]> {
  const formed: FormedBatch[] = []
  for (let next = await former.next(); next !== undefined; next = await former.next()) {
    formed.push(next)
  }
  return formed
}

const lettersOf = ({ batch }: FormedBatch): string => bodiesOf(batch).join('')

const forms = test.macro(
  async (t, config: Partial<BatchConfig>, items: string, expected: string) => {
    const { queue, former, offer } = createBench(config)
    for (const item of items.split(' ')) await offer(item)
    queue.close()
    const formed = await formAll(former)
    t.is(formed.map(lettersOf).join(' '), expected)
    t.is(await former.next(), undefined)
  },
)
const record = sampleLogs(['a'])
const BYTES = record.columns.end[0]! - record.columns.start[0]!
test('small items are joined up to min_size', forms, { min_size: 3 }, 'a b c d e', 'abc de')
test('an item is not cut for min_size', forms, { min_size: 3 }, 'ab cd e', 'abcd e')
test('min_size 0 sends as received', forms, { min_size: 0 }, 'a b c', 'a b c')
test('max_size cuts', forms, { max_size: 2 }, 'abcde', 'ab cd e')
test(
  'what max_size leaves over begins the next batch',
  forms,
  { min_size: 2, max_size: 2 },
  'abc d ef',
  'ab cd ef',
)
test(
  'a batch is filled up to max_size with a part of the next item',
  forms,
  { min_size: 3, max_size: 3 },
  'ab cde f',
  'abc def',
)
test(
  'a min_size beyond max_size is met by max_size',
  forms,
  { min_size: 9, max_size: 2 },
  'a b c',
  'ab c',
)
test(
  'max_size counts bytes too',
  forms,
  { min_size: 1, max_size: 2 * BYTES, sizer: 'bytes' },
  'abcde',
  'ab cd e',
)
test(
  'a record larger than max_size goes alone: it cannot be cut and must not be lost',
  forms,
  { min_size: 1, max_size: BYTES - 1, sizer: 'bytes' },
  'abc',
  'a b c',
)
test(
  'in bytes, min_size is met by what goes over the wire',
  forms,
  { min_size: record.bytes.length + 1, sizer: 'bytes' },
  'a b c d',
  'ab cd',
)

test('flush_timeout sends what there is, counted from when it was offered', async t => {
  const { clock, former, offer } = createBench({ min_size: 10 })
  await offer('a')
  await clock.advance(150)
  let formed: FormedBatch | undefined
  void former.next().then(next => {
    formed = next
  })
  await clock.advance(30)
  await offer('b')
  await clock.advance(19)
  t.is(formed, undefined)
  await clock.advance(1)
  t.is(formed && lettersOf(formed), 'ab')
  t.is(clock.pending, 0)
})

test('min_size does not wait for flush_timeout', async t => {
  const { clock, former, offer } = createBench({ min_size: 2 })
  const next = former.next()
  await offer('a')
  await settle()
  await offer('b')
  t.is(lettersOf((await next)!), 'ab')
  t.is(clock.pending, 0)
})

test('what has waited longer than flush_timeout still is joined with what lies behind it', async t => {
  const { clock, former, offer } = createBench({ min_size: 3 })
  for (const item of ['a', 'b', 'c', 'd']) await offer(item)
  await clock.advance(60_000)
  t.is(lettersOf((await former.next())!), 'abc')
})

test('closing sends a half full batch at once', async t => {
  const { queue, former, offer } = createBench({ min_size: 10 })
  await offer('a')
  const next = former.next()
  await settle()
  queue.close()
  t.is(lettersOf((await next)!), 'a')
})

test('several askers get different batches, in order, and all hear of the end', async t => {
  const { queue, former, offer } = createBench({ min_size: 2, max_size: 2 })
  const asked = Array.from({ length: 4 }, () => former.next())
  await offer('abc')
  await offer('d')
  queue.close()
  const formed = await Promise.all(asked)
  t.deepEqual(
    formed.map(next => next && lettersOf(next)),
    ['ab', 'cd', undefined, undefined],
  )
})

test('each item hears the worst verdict on its own records, when the last is known', async t => {
  const { queue, former, verdicts, offer } = createBench({ min_size: 2, max_size: 2 })
  for (const item of ['abc', 'd', 'e']) await offer(item)
  queue.close()
  const [ab, cd, e] = await formAll(former)
  const permanent = PipelineError.permanent('no')
  ab!.settle(permanent)
  t.deepEqual(verdicts, [])
  e!.settle()
  t.deepEqual(verdicts, [['e', undefined]])
  const retryable = PipelineError.retryable('later')
  cd!.settle(retryable)
  t.deepEqual(verdicts.slice(1), [
    ['abc', retryable],
    ['d', retryable],
  ])
})

async function originsOf(items: string, config: Partial<BatchConfig>): Promise<unknown[]> {
  const { queue, former, offer } = createBench(config)
  for (const item of items.split(' ')) await offer(item)
  queue.close()
  return (await formAll(former)).map(({ batch }) => batch.origin)
}

test('an item that is sent whole and alone keeps its identity', async t => {
  t.deepEqual(await originsOf('a b', { min_size: 1 }), ['a', 'b'])
})

test('a part is named by its item and its place in it', async t => {
  t.deepEqual(await originsOf('abc', { max_size: 2 }), ['abc[0-2]', 'abc[2-3]'])
})

test('the same items joined again have the same identity, others have another', async t => {
  const joined = { min_size: 2 }
  const [first] = await originsOf('a b', joined)
  t.deepEqual(await originsOf('a b', joined), [first])
  t.notDeepEqual(await originsOf('b a', joined), [first])
  t.notDeepEqual(await originsOf('a c', joined), [first])
})

test('a joined batch leads back to its first sender, and says how many more there are', async t => {
  const { queue, former, offer } = createBench({ min_size: 3 })
  for (const item of ['a', 'b', 'c']) await offer(item)
  queue.close()
  t.is((await former.next())?.batch.context.requestId, 'a+2')
})

/** A batch that a faulty processor has rewritten into bytes that are no record. */
function unmergeable(origin: string): LogBatch {
  const batch = sampleLogs(['x'])
  const bytes = Buffer.alloc(batch.bytes.length, 0xff)
  const overlay = { bytes, columns: batch.columns, rowOf: Int32Array.of(0) }
  return batch.with({ origin, overlay })
}

test('a batch that cannot be merged is sent in parts, each with its own verdict', async t => {
  const { queue, former, verdicts, offer } = createBench({ min_size: 3 })
  await offer('a')
  await queue.offer(unmergeable('spoilt'), NEVER)
  await offer('b')
  await offer('c')
  queue.close()
  const formed = await formAll(former)
  t.deepEqual(
    formed.map(({ batch }) => batch.origin),
    ['a', 'spoilt', 'b', 'c'],
  )
  const refused = PipelineError.permanent('no')
  for (const one of formed) one.settle(one.batch.origin === 'spoilt' ? refused : undefined)
  t.deepEqual(verdicts, [
    ['a', undefined],
    ['spoilt', refused],
    ['b', undefined],
    ['c', undefined],
  ])
})

test('a batch has the name that the queue gives its lot', async t => {
  const { queue, former, offer } = createBench({ min_size: 2 })
  queue.nameOf = () => 'queue/1.0-3.0' as unknown as undefined
  await offer('a')
  await offer('b')
  t.is((await former.next())?.batch.origin, 'queue/1.0-3.0')
})
