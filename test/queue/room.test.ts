import test from 'ava'
import { Room, type RoomOptions } from '../../src/queue/room.ts'
import { settle } from '../../src/testing/manual-clock.ts'
import { NEVER, type Verdict, watch } from '../helpers/verdict.ts'

/*
 * The ways in are tested through MemoryQueue; here is what only a queue on disk asks for, and what
 * must hold for any of them.
 */

function createRoom(options: Partial<RoomOptions> = {}): Room {
  const behindMs = (): number => 0
  return new Room({
    name: 'otlp',
    sizer: 'bytes',
    capacity: 10,
    overflow: 'refuse',
    behindMs,
    ...options,
  })
}

function enter(room: Room, size: number, signal = NEVER, log: number[] = []): Verdict {
  return watch(room.enter(size, signal, () => log.push(size)))
}

test('what was inside before may be more than the capacity, and keeps the others out', async t => {
  const room = createRoom()
  room.restore(15)
  const refused = enter(room, 1)
  await refused.promise
  t.is(refused.text, 'retryable queue_full')
  t.is(refused.error?.message, 'sending_queue of otlp is full: 15 of 10 bytes')
  room.leave(6)
  const admitted = enter(room, 1)
  await admitted.promise
  t.is(admitted.text, 'ok')
  t.is(room.used, 10)
})

test('the one that is let in is told in the same turn', t => {
  const log: number[] = []
  const room = createRoom({ overflow: 'block' })
  enter(room, 10, NEVER, log)
  t.deepEqual(log, [10])
  enter(room, 4, NEVER, log)
  enter(room, 5, NEVER, log)
  room.leave(10)
  t.deepEqual(log, [10, 4, 5])
})

test('nobody who came later takes the room of one that waits', async t => {
  const log: number[] = []
  const room = createRoom({ overflow: 'block' })
  for (const size of [6, 8, 1]) enter(room, size, NEVER, log)
  await settle()
  t.deepEqual(log, [6])
  room.leave(6)
  t.deepEqual(log, [6, 8, 1])
})

test('drop_oldest drops until there is room, and refuses when nothing is left to drop', async t => {
  const waiting = [3, 3]
  const dropOldest = (): boolean => {
    const size = waiting.shift()
    if (size !== undefined) room.leave(size)
    return size !== undefined
  }
  const droppable = (): number => waiting.reduce((sum, size) => sum + size, 0)
  const room = createRoom({ overflow: 'drop_oldest', droppable, dropOldest })
  room.restore(10)
  const first = enter(room, 4)
  const second = enter(room, 3)
  await settle()
  t.deepEqual([first.text, second.text], ['ok', 'retryable queue_full'])
  t.is(room.used, 8)
})

test('drop_oldest drops nothing for one that would not fit even so', async t => {
  let drops = 0
  const droppable = (): number => 3
  const dropOldest = (): boolean => ++drops > 0
  const room = createRoom({ overflow: 'drop_oldest', droppable, dropOldest })
  room.restore(9)
  const refused = enter(room, 5)
  await settle()
  t.is(refused.text, 'retryable queue_full')
  t.is(drops, 0)
})

test('only a queue that refuses is known to be full whatever comes', async t => {
  const of = (overflow: 'refuse' | 'block' | 'drop_oldest', used: number): (() => void) => {
    const room = createRoom({ overflow })
    room.restore(used)
    return () => room.assertNotFull()
  }
  t.notThrows(of('refuse', 9))
  t.throws(of('refuse', 10), { message: /is full: 10 of 10/ })
  t.notThrows(of('block', 10))
  t.notThrows(of('drop_oldest', 10))
})

test('what can never fit drops nothing', async t => {
  let drops = 0
  const room = createRoom({ overflow: 'drop_oldest', dropOldest: () => ++drops > 0 })
  room.restore(10)
  const refused = enter(room, 11)
  await refused.promise
  t.is(refused.text, 'permanent larger_than_queue')
  t.is(drops, 0)
})

test('a large sender that leaves lets smaller ones in; a closed room lets nobody in', async t => {
  const room = createRoom({ overflow: 'block' })
  room.restore(8)
  const large = new AbortController()
  const verdicts = [enter(room, 5, large.signal), enter(room, 2), enter(room, 3)]
  await settle()
  large.abort()
  await settle()
  t.deepEqual(
    verdicts.map(({ text }) => text),
    ['retryable cancelled', 'ok', 'pending'],
  )
  room.close()
  verdicts.push(enter(room, 1))
  await settle()
  t.deepEqual(
    verdicts.slice(2).map(({ text }) => text),
    Array(2).fill('retryable shutting_down'),
  )
})
