import test from 'ava'
import { MemoryQueue, type MemoryQueueOptions } from '../../src/queue/memory-queue.ts'
import { type Overflow, type QueueItem, type Sizer, wholeLot } from '../../src/queue/queue.ts'
import { ManualClock, settle } from '../../src/testing/manual-clock.ts'
import { bodiesOf, sampleLogs } from '../../src/testing/sample-logs.ts'
import { NEVER, watch } from '../helpers/verdict.ts'

function createQueue(options: Partial<MemoryQueueOptions> = {}): MemoryQueue {
  const sizer = 'items' as const
  return new MemoryQueue({ name: 'otlp', sizer, capacity: 4, overflow: 'refuse', ...options })
}

async function takeBodies(queue: MemoryQueue): Promise<string> {
  const item = await queue.take(NEVER)
  return item === undefined ? 'nothing' : bodiesOf(item.batch).join()
}

async function take(queue: MemoryQueue): Promise<QueueItem> {
  const item = await queue.take(NEVER)
  if (item === undefined) throw new Error('the queue is empty and closed')
  return item
}

const one = sampleLogs(['one'])

const isBounded = test.macro(async (t, sizer: Sizer, capacity: number, fitting: number) => {
  const queue = createQueue({ sizer, capacity })
  for (let i = 0; i < fitting; i++) await queue.offer(one, NEVER)
  const refused = watch(queue.offer(one, NEVER))
  await settle()
  t.is(refused.text, 'retryable queue_full')
  t.is(refused.error?.code, 'unavailable')
  const held = `${queue.stats().size} of ${capacity} ${sizer}`
  t.is(refused.error?.message, `sending_queue of otlp is full: ${held}`)
  t.is(queue.stats().requests, fitting)
  t.true(queue.stats().size <= capacity)
})
test('a full queue refuses retryably, counting requests', isBounded, 'requests', 3, 3)
test('a full queue refuses retryably, counting records', isBounded, 'items', 5, 5)
test('a full queue refuses, counting bytes', isBounded, 'bytes', one.memoryBytes * 2, 2)
test('not one byte beyond capacity', isBounded, 'bytes', one.memoryBytes * 3 - 1, 2)

test('batches come out in the order they went in, and keep their identity', async t => {
  const queue = createQueue()
  for (const body of ['a', 'b', 'c']) {
    await queue.offer(sampleLogs([body], { requestId: body }), NEVER)
  }
  for (const body of ['a', 'b', 'c']) {
    const item = await take(queue)
    t.deepEqual([bodiesOf(item.batch), item.batch.context.requestId], [[body], body])
  }
})

test('those who wait to take are served in the order they came', async t => {
  const queue = createQueue()
  const takes = [takeBodies(queue), takeBodies(queue)]
  await queue.offer(sampleLogs(['a']), NEVER)
  await queue.offer(sampleLogs(['b']), NEVER)
  t.deepEqual(await Promise.all(takes), ['a', 'b'])
})

test('what was taken holds its room until it is done', async t => {
  const queue = createQueue({ capacity: 1 })
  await queue.offer(one, NEVER)
  const item = await take(queue)
  const early = watch(queue.offer(one, NEVER))
  await early.promise
  t.is(early.text, 'retryable queue_full')
  queue.done(wholeLot(item))
  t.is(queue.stats().size, 0)
  await t.notThrowsAsync(queue.offer(one, NEVER))
})

test('done twice frees the room once', async t => {
  const queue = createQueue()
  await queue.offer(one, NEVER)
  await queue.offer(one, NEVER)
  const item = await take(queue)
  queue.done(wholeLot(item))
  queue.done(wholeLot(item))
  t.is(queue.stats().size, 1)
})

test('stats count in every unit, whatever the sizer', async t => {
  const queue = createQueue({ sizer: 'requests', capacity: 9 })
  const two = sampleLogs(['a', 'b'])
  await queue.offer(one, NEVER)
  await queue.offer(two, NEVER)
  t.deepEqual(queue.stats(), {
    sizer: 'requests',
    capacity: 9,
    size: 2,
    requests: 2,
    items: 3,
    bytes: one.memoryBytes + two.memoryBytes,
  })
})

const neverFits = test.macro(async (t, overflow: Overflow) => {
  const queue = createQueue({ capacity: 2, overflow })
  const refused = watch(queue.offer(sampleLogs(['a', 'b', 'c']), NEVER))
  await settle()
  t.is(refused.text, 'permanent larger_than_queue')
  t.is(refused.error?.code, 'resource_exhausted')
  t.regex(refused.error?.message ?? '', /batch of 3 items .* otlp: queue_size is 2; raise it/)
})
test('a batch that can never fit is refused for good', neverFits, 'refuse')
test('a batch that can never fit is not kept waiting', neverFits, 'block')

const asksToWait = test.macro(async (t, behindMs: number, retryAfterMs: number) => {
  const clock = new ManualClock()
  const queue = createQueue({ capacity: 1, clock })
  await queue.offer(one, NEVER)
  await clock.advance(behindMs)
  const refused = watch(queue.offer(one, NEVER))
  await refused.promise
  t.is(refused.error?.retryAfterMs, retryAfterMs)
})
test('a refusal asks for as long as the destination is behind', asksToWait, 7000, 7000)
test('a refusal asks for whole milliseconds', asksToWait, 7000.25, 7001)
test('a refusal asks for one second at least', asksToWait, 3, 1000)
test('a refusal asks for half a minute at most', asksToWait, 3_600_000, 30_000)

test('a refusal asks for as long as the queue will take to drain, and for longer the slower it is', async t => {
  const waitAt = async (drainEveryMs: number): Promise<number> => {
    const clock = new ManualClock()
    const queue = createQueue({ capacity: 10, sizer: 'requests', clock })
    for (let i = 0; i < 10; i++) await queue.offer(one, NEVER)
    for (let i = 0; i < 20; i++) {
      await clock.advance(drainEveryMs)
      queue.done(wholeLot((await queue.take(NEVER))!))
      await queue.offer(one, NEVER)
    }
    const refused = watch(queue.offer(one, NEVER))
    await refused.promise
    return refused.error?.retryAfterMs ?? 0
  }
  t.deepEqual(
    [await waitAt(50), await waitAt(500), await waitAt(1500), await waitAt(60_000)],
    [1000, 5000, 15_000, 30_000],
  )
})

test('block_on_overflow waits for room, and the first to wait is the first to get it', async t => {
  const queue = createQueue({ capacity: 2, overflow: 'block' })
  await queue.offer(sampleLogs(['a', 'b']), NEVER)
  const large = watch(queue.offer(sampleLogs(['c', 'd']), NEVER))
  const small = watch(queue.offer(sampleLogs(['e']), NEVER))
  await settle()
  t.deepEqual([large.text, small.text], ['pending', 'pending'])
  queue.done(wholeLot(await take(queue)))
  await settle()
  t.deepEqual([large.text, small.text], ['ok', 'pending'])
  queue.done(wholeLot(await take(queue)))
  await settle()
  t.is(small.text, 'ok')
  t.is(await takeBodies(queue), 'e')
})

test('a small batch does not overtake a large one that waits', async t => {
  const queue = createQueue({ capacity: 3, overflow: 'block' })
  await queue.offer(sampleLogs(['a', 'b']), NEVER)
  const large = watch(queue.offer(sampleLogs(['c', 'd', 'e']), NEVER))
  const small = watch(queue.offer(sampleLogs(['f']), NEVER))
  await settle()
  t.deepEqual([large.text, small.text], ['pending', 'pending'])
})

test('a sender that gives up waiting leaves nothing behind and lets the next one in', async t => {
  const queue = createQueue({ capacity: 3, overflow: 'block' })
  await queue.offer(sampleLogs(['a', 'b']), NEVER)
  const impatient = new AbortController()
  const large = watch(queue.offer(sampleLogs(['c', 'd']), impatient.signal))
  const small = watch(queue.offer(sampleLogs(['e']), NEVER))
  impatient.abort()
  await settle()
  t.deepEqual([large.text, small.text], ['retryable cancelled', 'ok'])
  t.deepEqual([await takeBodies(queue), await takeBodies(queue)], ['a,b', 'e'])
})

test('a sender that is already gone does not wait for room', async t => {
  const queue = createQueue({ capacity: 1, overflow: 'block' })
  await queue.offer(one, NEVER)
  const gone = watch(queue.offer(one, AbortSignal.abort()))
  await settle()
  t.is(gone.text, 'retryable cancelled')
})

test('aborting after admission takes nothing back', async t => {
  const queue = createQueue({ capacity: 1, overflow: 'block' })
  await queue.offer(one, NEVER)
  const sender = new AbortController()
  const second = watch(queue.offer(sampleLogs(['two']), sender.signal))
  queue.done(wholeLot(await take(queue)))
  sender.abort()
  await settle()
  t.is(second.text, 'ok')
  t.is(await takeBodies(queue), 'two')
})

test('a closed queue refuses retryably, also those who wait for room', async t => {
  const queue = createQueue({ capacity: 1, overflow: 'block' })
  await queue.offer(one, NEVER)
  const waiting = watch(queue.offer(one, NEVER))
  queue.close()
  const late = watch(queue.offer(one, NEVER))
  await settle()
  t.deepEqual([waiting.text, late.text], Array(2).fill('retryable shutting_down'))
})

test('a closed queue gives out what it has, then nothing', async t => {
  const queue = createQueue()
  await queue.offer(one, NEVER)
  queue.close()
  t.is(await takeBodies(queue), 'one')
  t.is(await takeBodies(queue), 'nothing')
})

test('closing ends every wait to take', async t => {
  const queue = createQueue()
  const takes = [takeBodies(queue), takeBodies(queue)]
  queue.close()
  t.deepEqual(await Promise.all(takes), ['nothing', 'nothing'])
})

test('a take that was aborted leaves the batch to the next one', async t => {
  const queue = createQueue()
  const first = new AbortController()
  const aborted = queue.take(first.signal)
  const next = takeBodies(queue)
  first.abort()
  t.is(await aborted, undefined)
  t.is(await queue.take(AbortSignal.abort()), undefined)
  await queue.offer(one, NEVER)
  t.is(await next, 'one')
})

test('stop closes, start opens nothing, and what it holds does not survive', async t => {
  const queue = createQueue()
  await queue.start()
  t.false(queue.durable)
  await queue.stop()
  const late = watch(queue.offer(one, NEVER))
  await late.promise
  t.is(late.text, 'retryable shutting_down')
})

test('with drop_oldest, what waits longest makes room, and is counted', async t => {
  let dropped = 0
  const onDropped = (records: number): void => void (dropped += records)
  const queue = createQueue({ capacity: 3, overflow: 'drop_oldest', onDropped })
  for (const body of ['a', 'b', 'c']) await queue.offer(sampleLogs([body]), NEVER)
  await queue.offer(sampleLogs(['d', 'e']), NEVER)
  t.is(dropped, 2)
  t.deepEqual([await takeBodies(queue), await takeBodies(queue)], ['c', 'd,e'])
})

test('with drop_oldest, what is being sent is not dropped', async t => {
  const queue = createQueue({ capacity: 1, overflow: 'drop_oldest' })
  await queue.offer(one, NEVER)
  await take(queue)
  const refused = watch(queue.offer(one, NEVER))
  await refused.promise
  t.is(refused.text, 'retryable queue_full')
})

test('an item in several lots holds its room until the last of them is done', async t => {
  const queue = createQueue()
  await queue.offer(sampleLogs(['a', 'b', 'c']), NEVER)
  const item = await take(queue)
  queue.done({ parts: [{ item, from: 0, to: 2 }] })
  t.is(queue.stats().size, 3)
  queue.done({ parts: [{ item, from: 2, to: 3 }] })
  t.is(queue.stats().size, 0)
})
