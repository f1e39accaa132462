import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import test from 'ava'
import { z } from 'zod'
import { exportChainFields } from '../../src/export/config.ts'
import { createQueue, storageOf } from '../../src/export/create-queue.ts'
import { systemClock } from '../../src/plugin/clock.ts'
import { wholeLot } from '../../src/queue/queue.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { createTestContext, type TestContext } from '../../src/testing/test-context.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { until } from '../helpers/until.ts'
import { NEVER, watch } from '../helpers/verdict.ts'

const SCHEMA = z.strictObject(exportChainFields('5s'))

type QueueKeys = NonNullable<z.input<typeof SCHEMA>['sending_queue']>

interface Created {
  readonly queue: ReturnType<typeof createQueue>
  readonly context: TestContext
  readonly dropped: string[]
}

/** The queue of these keys, as users write them. */
function create(
  keys: QueueKeys,
  storages = new Map<string, { directory: string; fsync: boolean }>(),
): Created {
  const context = createTestContext('exporter', 'otlp/out')
  const config = SCHEMA.parse({ sending_queue: keys }).sending_queue
  const told: string[] = []
  const dropped = (reason: string, records: number): void => void told.push(`${reason} ${records}`)
  const queue = createQueue(config, {
    context,
    clock: systemClock,
    storages,
    dropped,
    keptAfterAll: () => {},
  })
  return { queue, context, dropped: told }
}

test('without storage the queue is in memory', async t => {
  const { queue } = create({ queue_size: 5, sizer: 'requests' })
  t.false(queue.durable)
  t.like(queue.stats(), { capacity: 5, sizer: 'requests', size: 0 })
})

test('storage: file is a queue in its directory, and survives', async t => {
  const directory = await tempFolder(t)
  const { queue: first } = create({ storage: 'file', directory })
  t.true(first.durable)
  await first.start()
  await first.offer(sampleLogs(['a', 'b']), NEVER)
  await first.stop()
  const { queue: second } = create({ storage: 'file', directory })
  await second.start()
  t.is(second.stats().items, 2)
  const item = await second.take(NEVER)
  const lot = wholeLot(item!)
  await second.begin(lot)
  second.done(lot)
  t.is(second.stats().size, 0)
  await second.stop()
})

test('every exporter has a directory of its own in a named storage', t => {
  const storages = new Map([['file_storage/a', { directory: '/data', fsync: false }]])
  const config = SCHEMA.parse({ sending_queue: { storage: 'file_storage/a' } }).sending_queue
  const context = createTestContext('exporter', 'otlp/out')
  t.deepEqual(storageOf(config, { context, storages }), {
    directory: resolve('/data/exporter_otlp_out'),
    fsync: false,
  })
})

test('a directory is taken from where the process runs', t => {
  const config = SCHEMA.parse({
    sending_queue: { storage: 'file', directory: 'a/b' },
  }).sending_queue
  const context = createTestContext('exporter', 'otlp')
  t.deepEqual(storageOf(config, { context }), { directory: resolve('a/b'), fsync: true })
})

test('a storage that is not there is named', t => {
  t.throws(() => create({ storage: 'file_storage/b' }), {
    message: 'sending_queue::storage file_storage/b is not configured',
  })
})

const overflows = test.macro(async (t, keys: QueueKeys, expected: string) => {
  const { queue, dropped } = create({ queue_size: 1, sizer: 'requests', ...keys })
  await queue.start()
  await queue.offer(sampleLogs(['a']), NEVER)
  const second = watch(queue.offer(sampleLogs(['b']), NEVER))
  const outcome = (): string => [second.text, ...dropped].join()
  await until(() => outcome() === expected)
  await new Promise(resolve => setTimeout(resolve, 20))
  t.is(outcome(), expected, 'and stays so')
  await queue.stop()
})
test('a full queue refuses unless told otherwise', overflows, {}, 'retryable queue_full')
test('block_on_overflow waits', overflows, { block_on_overflow: true }, 'pending')
test('overflow: block waits', overflows, { overflow: 'block' }, 'pending')
test(
  'overflow: drop_oldest drops, and counts',
  overflows,
  { overflow: 'drop_oldest' },
  'ok,queue_overflow 1',
)
test('overflow: drop_oldest on disk drops, and counts', async t => {
  const directory = await tempFolder(t)
  const keys = { storage: 'file', directory, overflow: 'drop_oldest' } as const
  const { queue, dropped } = create({ queue_size: 1, sizer: 'requests', ...keys })
  await queue.start()
  for (const body of ['a', 'b', 'c']) await queue.offer(sampleLogs([body]), NEVER)
  t.deepEqual(dropped, ['queue_overflow 1', 'queue_overflow 1'])
  await queue.stop()
})

test('what is wrong with the disk is logged with its place', async t => {
  const directory = await tempFolder(t)
  const { queue: first } = create({ storage: 'file', directory, segment_size: '64KiB' })
  await first.start()
  await first.offer(sampleLogs(['a']), NEVER)
  await first.stop()
  for (const name of ['cursor-a', 'cursor-b']) await rm(`${directory}/${name}`)
  const { queue: second, context } = create({ storage: 'file', directory })
  await second.start()
  await second.stop()
  const [line] = context.lines.filter(({ level }) => level === 50)
  t.is(line?.['msg'], 'the cursor files cannot be read: everything in the queue is sent again')
  t.is(line?.['directory'], directory)
})

test('workers after the first have a folder each in the directory of the queue', t => {
  const config = SCHEMA.parse({ sending_queue: { storage: 'file', directory: 'q' } }).sending_queue
  const named = SCHEMA.parse({ sending_queue: { storage: 'disk' } }).sending_queue
  const context = { id: 'otlp/out' }
  const storages = new Map([['disk', { directory: '/data', fsync: true }]])
  const at = (index: number): (string | undefined)[] =>
    [config, named].map(
      queue => storageOf(queue, { context, storages, worker: { index, count: 3 } })?.directory,
    )
  t.deepEqual(at(0), [resolve('q'), '/data/exporter_otlp_out'])
  t.deepEqual(at(2), [resolve('q/worker-2'), '/data/exporter_otlp_out/worker-2'])
})
