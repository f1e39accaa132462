import test from 'ava'
import fc from 'fast-check'
import type { FetchedRange, KafkaMessage } from '#core/kafka'
import {
  replayBatches,
  WINDOW_BYTES,
  WINDOW_OFFSETS,
} from '../../../../plugins/receivers/kafka/replay-batches.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'

const LARGE = Buffer.alloc(1_500_000)

/** A partition that answers with up to `count` messages at a time. */
function fetchOf(messages: readonly KafkaMessage[], count: number) {
  return async (offset: number): Promise<FetchedRange> => {
    const answer = messages.filter(one => one.offset >= offset).slice(0, count)
    return { messages: answer, next: (answer.at(-1)?.offset ?? offset) + 1 }
  }
}

/** `FROM-TO` of each batch, with the offsets in it. */
async function cut(
  messages: readonly KafkaMessage[],
  from: number,
  to: number,
  count = 7,
): Promise<[name: string, offsets: number[]][]> {
  const cuts: [string, number[]][] = []
  for await (const batch of replayBatches({ from, to }, fetchOf(messages, count))) {
    cuts.push([`${batch.from}-${batch.end}`, batch.messages.map(({ offset }) => offset)])
  }
  return cuts
}

test('a batch ends at a multiple of the window, and with the range', async t => {
  const at = [0, 1, 9_999, 10_000, 19_999, 20_000, 20_500]
  const messages = at.map(offset => kafkaMessage(offset, 'x'))
  t.deepEqual(await cut(messages, 1, 20_400), [
    ['1-10000', [1, 9_999]],
    ['10000-20000', [10_000, 19_999]],
    ['20000-20400', [20_000]],
  ])
  t.is(WINDOW_OFFSETS, 10_000)
})

test('a batch ends before the message that would make it too large', async t => {
  const messages = [0, 1, 2, 3, 5].map(offset => kafkaMessage(offset, LARGE))
  t.deepEqual(await cut(messages, 0, 10), [
    ['0-2', [0, 1]],
    ['2-5', [2, 3]],
    ['5-10', [5]],
  ])
  t.is(WINDOW_BYTES, 4 * 1024 * 1024)
})

test('a message larger than a batch is one', async t => {
  const messages = [kafkaMessage(0, 'x'), kafkaMessage(1, Buffer.alloc(WINDOW_BYTES))]
  t.deepEqual(await cut(messages, 0, 2), [
    ['0-1', [0]],
    ['1-2', [1]],
  ])
})

test('windows without messages give nothing', async t => {
  const messages = [kafkaMessage(35_000, 'x')]
  t.deepEqual(await cut(messages, 0, 40_000), [['30000-40000', [35_000]]])
  t.deepEqual(await cut([], 0, 40_000), [])
})

test('the cuts are the same however answers come and wherever a replay goes on', async t => {
  const size = fc.integer({ min: 0, max: 3_000_000 })
  const gap = fc.integer({ min: 1, max: 6000 })
  const log = fc.array(fc.tuple(gap, size), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(log, fc.integer({ min: 1, max: 12 }), async (steps, count) => {
      let offset = -1
      const messages = steps.map(([by, bytes]) => {
        offset += by
        return kafkaMessage(offset, LARGE.length > bytes ? LARGE.subarray(0, bytes) : LARGE)
      })
      const end = offset + 1
      const whole = await cut(messages, 0, end)
      t.deepEqual(await cut(messages, 0, end, count), whole)
      t.deepEqual(
        whole.flatMap(([, offsets]) => offsets),
        messages.map(one => one.offset),
      )
      for (const [index, [name]] of whole.entries()) {
        const [, to] = name.split('-').map(Number)
        t.deepEqual(await cut(messages, to!, end), whole.slice(index + 1))
      }
    }),
    { numRuns: 30 },
  )
})

test('a failure of the partition is that of the replay', async t => {
  const batches = replayBatches({ from: 0, to: 10 }, async () => {
    throw new Error('gone')
  })
  await t.throwsAsync(batches.next(), { message: 'gone' })
})
