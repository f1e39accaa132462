import test from 'ava'
import {
  damagedMessage,
  UNDECODABLE_HEADER,
  type Undecodable,
  undecodableMessages,
} from '../../../src/kafka/protocol/fetched-message.ts'

function batch(count: number, lastOffsetDelta: number): Undecodable {
  return {
    baseOffset: 100,
    count,
    lastOffsetDelta,
    maxMs: 5,
    isControl: false,
    isTransactional: true,
    producerId: '7',
  }
}

test('there is a message for each that the batch has, with the reason', t => {
  const messages = undecodableMessages(batch(3, 9), 'damaged')
  t.deepEqual(
    messages.map(({ offset }) => offset),
    ['100', '101', '109'],
  )
  for (const { key, value, timestamp, headers, batchContext } of messages) {
    t.deepEqual([key, value, timestamp], [null, null, '5'])
    t.is(String(headers[UNDECODABLE_HEADER]), 'damaged')
    t.deepEqual(batchContext, { producerId: '7', inTransaction: true })
  }
})

test('a long reason is cut', t => {
  const [message] = undecodableMessages(batch(1, 0), 'x'.repeat(5000))
  t.is(String(message!.headers[UNDECODABLE_HEADER]).length, 200)
})

test('for a batch that says what cannot be true, or too much, one message stands at its end', t => {
  for (const [count, lastDelta] of [
    [0, 0],
    [-5, 0],
    [5, 3],
    [2 ** 31 - 1, 2 ** 31 - 1],
  ] as const) {
    const messages = undecodableMessages(batch(count, lastDelta), 'damaged')
    t.deepEqual(
      messages.map(({ offset }) => offset),
      [String(100 + lastDelta)],
    )
    const reason = 'the batch from offset 100 on: damaged'
    t.is(String(messages[0]!.headers[UNDECODABLE_HEADER]), reason)
  }
})

test('what stands for a damaged batch is always seen', t => {
  const message = damagedMessage(7, 'damaged')
  t.is(message.offset, '7')
  t.false(message.isControlRecord)
  t.false(message.batchContext.inTransaction)
  t.is(String(message.headers[UNDECODABLE_HEADER]), 'damaged')
})
