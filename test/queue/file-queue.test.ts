import test from 'ava'
import type { FileQueueOptions } from '../../src/queue/file-queue.ts'
import { type Lot, type Sizer, wholeLot } from '../../src/queue/queue.ts'
import { settle } from '../../src/testing/manual-clock.ts'
import { bodiesOf, sampleLogs } from '../../src/testing/sample-logs.ts'
import { FaultyFiles } from '../helpers/faulty-files.ts'
import { bodiesOfLot, createTestQueue, openTestQueue } from '../helpers/file-queue.ts'
import { segmentPaths } from '../helpers/test-log.ts'
import { NEVER, watch } from '../helpers/verdict.ts'

/*
 * What the queue on disk adds to what every queue does. Crashes at every single call are in
 * file-queue-model.test.ts, damage in file-queue-damage.test.ts, real disks in
 * file-queue-disk.test.ts.
 */

const letters = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `body ${from + i}`)

test('order is kept over restarts', async t => {
  let { queue, files, offerAll } = await openTestQueue()
  t.true(queue.durable)
  for (let life = 0; life < 4; life++) {
    await offerAll(...letters(life * 20, life * 20 + 20))
    await queue.stop()
    ;({ queue, files, offerAll } = await openTestQueue({ files }))
    t.is(queue.stats().items, (life + 1) * 20)
  }
  await queue.stop()
  const last = await openTestQueue({ files })
  t.deepEqual(await last.drain(), letters(0, 80))
  t.deepEqual(last.troubles, [])
})

test('what comes back is what went in: bytes, identity, context and age', async t => {
  const first = await openTestQueue({ now: () => 1000 })
  const context = {
    requestId: 'r',
    clientAddress: '10.0.0.1',
    metadata: new Map([['tenant', ['a', 'b']]]),
  }
  await first.queue.offer(sampleLogs(['a'], context).with({ origin: 'its/own' }), NEVER)
  await first.queue.offer(sampleLogs(['b']), NEVER)
  const live = [await first.take(), await first.take()]
  await first.queue.stop()
  const next = await openTestQueue({ files: first.files, now: () => 6000 })
  const back = [await next.take(), await next.take()]
  const { queueId } = back[0]!.batch.context
  t.deepEqual(back[0]!.batch.context, { ...context, receivedAtUnixMs: 1000, queueId })
  t.is(back[0]!.batch.origin, 'its/own')
  t.regex(queueId ?? '', /^[0-9a-f]{16}$/)
  t.is(back[1]!.batch.origin, `${queueId}/2`)
  for (const [i, item] of back.entries()) {
    t.is(item.batch.origin, live[i]!.batch.origin)
    t.is(item.size, live[i]!.size)
    t.deepEqual(item.batch.context, live[i]!.batch.context)
  }
  t.is(back[0]!.offeredAtMs, -5000)
})

test('only the records that are selected are kept', async t => {
  const { queue, files, take } = await openTestQueue()
  await queue.offer(sampleLogs(['a', 'b', 'c', 'd']).slice(1, 3), NEVER)
  t.deepEqual(bodiesOf((await take()).batch), ['b', 'c'])
  await queue.stop()
  const next = await openTestQueue({ files })
  t.is(next.queue.stats().items, 2)
  t.deepEqual(await next.drain(), ['b', 'c'])
})

const spills = test.macro(async (t, memoryBytes: number) => {
  const { queue, offerAll, take, drain } = await openTestQueue({ memoryBytes })
  const one = sampleLogs(['body 0']).memoryBytes
  await offerAll(...letters(0, 200))
  t.is(queue.stats().requests, 200)
  const first = await take()
  const lot = wholeLot(first)
  await queue.begin(lot)
  queue.done(lot)
  // More comes while the rest is on disk: it must not overtake.
  await offerAll(...letters(200, 210))
  t.deepEqual([...bodiesOfLot(lot), ...(await drain())], letters(0, 210))
  t.true(one < memoryBytes)
})
test('what memory has no room for comes back from disk in order', spills, 5000)
test('so it does when memory has room for hardly one', spills, 600)

test('a backlog of a restart is read bit by bit, not at once', async t => {
  const files = new FaultyFiles()
  const first = await openTestQueue({ files, segmentBytes: 65536 })
  await first.offerAll(...Array.from({ length: 100 }, (_, i) => `${i} ${'x'.repeat(50_000)}`))
  await first.queue.stop()
  files.readFrom.clear()
  const next = await openTestQueue({ files, segmentBytes: 65536, memoryBytes: 200_000 })
  const read = (): number =>
    segmentPaths(files).reduce((sum, path) => sum + (files.readFrom.get(path) ?? 0), 0)
  for (let i = 0; i < 50; i++) await settle()
  t.true(read() < 500_000, `${read()}`)
  t.is((await next.drain()).length, 100)
})

const accounts = test.macro(async (t, sizer: Sizer) => {
  const { queue, offerAll, take, files } = await openTestQueue({ sizer })
  await offerAll('a,b,c', 'd,e', 'f')
  t.like(queue.stats(), { requests: 3, items: 6 })
  const sizes = { requests: 3, items: 6, bytes: queue.stats().bytes }
  t.is(queue.stats().size, sizes[sizer])
  const [one, two] = [await take(), await take()]
  const lots: Lot[] = [
    { parts: [{ item: one, from: 0, to: 2 }] },
    {
      parts: [
        { item: one, from: 2, to: 3 },
        { item: two, from: 0, to: 1 },
      ],
    },
    { parts: [{ item: two, from: 1, to: 2 }] },
  ]
  for (const lot of lots) await queue.begin(lot)
  queue.done(lots[1]!)
  t.is(queue.stats().items, 4)
  await queue.stop()
  const next = await openTestQueue({ sizer, files })
  t.is(next.queue.stats().size, next.queue.stats()[sizer])
  t.is(next.queue.stats().items, 4)
  const back = await next.resumeAll()
  t.deepEqual(back.map(bodiesOfLot), [['a', 'b'], ['e']])
  t.deepEqual(
    back.map(lot => bodiesOfLot(lot).length),
    [2, 1],
  )
  for (const lot of back) next.queue.done(lot)
  t.deepEqual(await next.drain(), ['f'])
  t.like(next.queue.stats(), { size: 0, requests: 0, items: 0, bytes: 0 })
})
test('room is counted to the last byte', accounts, 'bytes')
test('room is counted to the last record', accounts, 'items')
test('room is counted to the last request', accounts, 'requests')

test('a full queue refuses and says how far behind it is', async t => {
  const options = { sizer: 'requests', capacity: 2 } as const
  const { offerAll, offer, clock, queue } = await openTestQueue(options)
  await offerAll('a')
  await clock.advance(7000)
  await offerAll('b')
  const refused = offer('c')
  await refused.promise
  t.is(refused.text, 'retryable queue_full')
  t.is(refused.error?.retryAfterMs, 7000)
  t.is(queue.stats().size, 2)
})

test('block lets senders in as room comes, in order', async t => {
  const options = { sizer: 'requests', capacity: 1, overflow: 'block' } as const
  const { offerAll, offer, drain, take, queue } = await openTestQueue(options)
  await offerAll('a')
  const waiting = [offer('b'), offer('c')]
  await settle()
  t.deepEqual(
    waiting.map(({ text }) => text),
    ['pending', 'pending'],
  )
  const lot = wholeLot(await take())
  await queue.begin(lot)
  queue.done(lot)
  await waiting[0]!.promise
  t.deepEqual(
    waiting.map(({ text }) => text),
    ['ok', 'pending'],
  )
  t.deepEqual(await drain(), ['b'])
  await waiting[1]!.promise
  t.deepEqual(await drain(), ['c'])
})

const takesNoOffer = test.macro(async (t, failing: 'write' | 'sync') => {
  const files = new FaultyFiles()
  const { queue, offer, offerAll, drain, clock } = await openTestQueue({ files })
  await offerAll('a')
  files.failing = failing
  const refused = [offer('b'), offer('c')]
  await Promise.all(refused.map(({ promise }) => promise))
  t.deepEqual(
    refused.map(({ text }) => text),
    Array(2).fill('retryable disk_error'),
  )
  t.is(queue.stats().requests, 1)
  t.is(queue.stats().size, queue.stats().bytes)
  const calls = files.calls
  const early = offer('d')
  await early.promise
  t.is(early.text, 'retryable disk_error')
  t.is(files.calls, calls, 'a disk that has just refused is left alone for a while')
  files.failing = undefined
  await clock.advance(1000)
  await offerAll('e')
  t.deepEqual(await drain(), ['a', 'e'])
})
test(
  'a write that fails is a retryable refusal, and the disk is tried again',
  takesNoOffer,
  'write',
)
test('a sync that fails is a retryable refusal, and the disk is tried again', takesNoOffer, 'sync')

test('a full disk is a retryable refusal; what is inside can be sent, and then it goes on', async t => {
  const { queue, offer, offerAll, drain, files, clock } = await openTestQueue()
  files.capacityBytes = files.usedBytes + 5000
  const bodies: string[] = []
  for (let i = 0; ; i++) {
    const body = `${i} ${'x'.repeat(300)}`
    const offered = offer(body)
    await offered.promise
    if (offered.text !== 'ok') {
      t.is(offered.text, 'retryable disk_full')
      t.regex(offered.error?.message ?? '', /^the disk under \/q is full: free some space/)
      break
    }
    bodies.push(body)
  }
  t.true(bodies.length > 3)
  t.deepEqual(await drain(), bodies)
  t.is(queue.stats().size, 0)
  // What was sent has made room on the very same disk.
  for (let i = 0; i < 20; i++) await settle()
  await clock.advance(1000)
  await offerAll('again')
  t.deepEqual(await drain(), ['again'])
})

test('what cannot be written down is not sent, and is tried again', async t => {
  const files = new FaultyFiles()
  const { queue, offerAll, take, clock, troubles } = await openTestQueue({ files })
  await offerAll('a')
  files.failing = 'write'
  const lot = wholeLot(await take())
  const begun = watch(queue.begin(lot))
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k < 10; k++) await settle()
    t.is(begun.text, 'pending')
    await clock.advance(1000)
  }
  t.is(troubles[0], 'what is sent next cannot be written down yet')
  files.failing = undefined
  for (let k = 0; k < 10; k++) await settle()
  await clock.advance(1000)
  await begun.promise
  t.is(begun.text, 'ok')
  queue.done(lot)
  t.is(queue.stats().size, 0)
})

test('a disk that cannot be read is told, and tried again', async t => {
  const files = new FaultyFiles()
  const first = await openTestQueue({ files })
  await first.offerAll('a', 'b')
  await first.queue.stop()
  const next = createTestQueue({ files })
  await next.queue.start()
  files.failing = 'read'
  const taken = next.drain()
  for (let i = 0; i < 5; i++) {
    for (let k = 0; k < 10; k++) await settle()
    await next.clock.advance(1000)
  }
  t.true(next.troubles.includes('the queue cannot be read'))
  files.failing = undefined
  for (let k = 0; k < 10; k++) await settle()
  await next.clock.advance(1000)
  t.deepEqual(await taken, ['a', 'b'])
})

test('a sender that leaves while its batch is written does not take it back', async t => {
  const { queue, offer, take } = await openTestQueue()
  const sender = new AbortController()
  const offered = offer('a', sender.signal)
  sender.abort()
  await offered.promise
  t.is(offered.text, 'retryable cancelled')
  t.deepEqual(bodiesOf((await take()).batch), ['a'])
  t.is(queue.stats().requests, 1)
})

test('a batch that can never fit is refused for good', async t => {
  const { offer } = await openTestQueue({ capacity: 100 })
  const refused = offer('x'.repeat(200))
  await refused.promise
  t.is(refused.text, 'permanent larger_than_queue')
})

test('closed, it gives out and takes in nothing more; stopped, it keeps all of it', async t => {
  const options: Partial<FileQueueOptions> = { sizer: 'requests', capacity: 2, overflow: 'block' }
  const { queue, offer, offerAll, files } = await openTestQueue(options)
  const waiting = queue.take(NEVER)
  await offerAll('a')
  const lot = wholeLot((await waiting)!)
  await queue.begin(lot)
  await offerAll('b')
  const blocked = offer('c')
  queue.close()
  const late = offer('d')
  await Promise.all([blocked.promise, late.promise])
  t.deepEqual([blocked.text, late.text], Array(2).fill('retryable shutting_down'))
  t.is(await queue.take(NEVER), undefined)
  queue.done(lot)
  await queue.stop()
  await queue.stop()
  const next = await openTestQueue({ files })
  t.deepEqual(await next.resumeAll(), [])
  t.deepEqual(await next.drain(), ['b'])
})

test('stopped in the middle of writes, every batch has its verdict and those taken are there', async t => {
  const { queue, offer, files, troubles } = await openTestQueue()
  const offers = Array.from({ length: 50 }, (_, i) => offer(`body ${i}`))
  await settle()
  await queue.stop()
  await Promise.all(offers.map(({ promise }) => promise))
  const taken = offers.flatMap(({ text }, i) => (text === 'ok' ? [`body ${i}`] : []))
  t.true(offers.every(({ text }) => text === 'ok' || text === 'retryable shutting_down'))
  t.deepEqual(troubles, [])
  const next = await openTestQueue({ files })
  t.deepEqual(await next.drain(), taken)
})

test('what is done after the stop no longer touches the files: another may have them', async t => {
  const { queue, offerAll, take, files } = await openTestQueue()
  await offerAll('a')
  const lot = wholeLot(await take())
  await queue.begin(lot)
  await queue.stop()
  const calls = files.calls
  queue.done(lot)
  for (let i = 0; i < 10; i++) await settle()
  t.is(files.calls, calls)
})

test('not started, it refuses retryably and stops without a word', async t => {
  const { queue, offer } = createTestQueue()
  const early = offer('a')
  await early.promise
  t.is(early.text, 'retryable shutting_down')
  t.is(queue.stats().size, 0)
  await t.notThrowsAsync(queue.stop())
})

test('while one lot is stuck, the disk is not filled by what goes past it', async t => {
  const { queue, offerAll, take, files } = await openTestQueue()
  await offerAll('stuck')
  const stuck = wholeLot(await take())
  await queue.begin(stuck)
  let most = 0
  for (let i = 0; i < 300; i++) {
    await offerAll(`${i} ${'x'.repeat(500)}`)
    const lot = wholeLot(await take())
    await queue.begin(lot)
    queue.done(lot)
    most = Math.max(most, segmentPaths(files).length)
  }
  t.true(most <= 5, `${most} segments`)
  await queue.stop()
  const next = await openTestQueue({ files })
  t.deepEqual((await next.resumeAll()).map(bodiesOfLot), [['stuck']])
})
