import test from 'ava'
import {
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

test('a batch that says what cannot be true is an error that names it', t => {
  for (const [count, lastDelta] of [
    [0, 0],
    [-5, 0],
    [5, 3],
    [2 ** 31 - 1, 2 ** 31 - 1],
  ] as const) {
    t.throws(() => undecodableMessages(batch(count, lastDelta), 'damaged'), {
      message: 'the record batch at offset 100 cannot be read: damaged',
    })
  }
})
