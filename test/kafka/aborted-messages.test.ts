import test from 'ava'
import { type FetchedMessage, withoutAborted } from '../../src/kafka/aborted-messages.ts'

const ABORT_KEY = Buffer.from([0, 0, 0, 0])
const COMMIT_KEY = Buffer.from([0, 0, 0, 1])

/** `1:a`: a message of producer 1; `1!` and `1.`: its transaction is aborted, or committed. */
function fetched(from: number, ...texts: string[]): (FetchedMessage & { text: string })[] {
  return texts.map((text, i) => {
    const isControlRecord = !text.includes(':')
    const producerId = text[0]!
    const key = isControlRecord ? (text.endsWith('!') ? ABORT_KEY : COMMIT_KEY) : null
    const batchContext = { producerId, inTransaction: producerId !== '0' }
    return { offset: String(from + i), key, isControlRecord, batchContext, text }
  })
}

function texts(messages: readonly { text: string }[]): string {
  return messages.map(({ text }) => text).join(' ')
}

function aborted(...begins: [producerId: string, firstOffset: number][]) {
  return begins.map(([producerId, offset]) => ({ producerId, firstOffset: String(offset) }))
}

test('two transactions that began before the first message are both hidden', t => {
  const messages = fetched(100, '2:a', '1:b', '3:c', '1!', '2!', '2:d', '1:e')
  const abortedTransactions = aborted(['1', 90], ['2', 95])
  t.is(texts(withoutAborted({ messages, abortedTransactions })), '3:c 1! 2! 2:d 1:e')
})

test('the order in which the broker names them does not matter', t => {
  const messages = fetched(10, '1:a', '2:b', '1!', '2!')
  const abortedTransactions = aborted(['2', 11], ['1', 10])
  t.is(texts(withoutAborted({ messages, abortedTransactions })), '1! 2!')
})

test('a producer whose transaction was aborted is seen again after it, and hidden again', t => {
  const messages = fetched(0, '1:a', '1!', '1:b', '1.', '1:c', '1!')
  const abortedTransactions = aborted(['1', 0], ['1', 4])
  t.is(texts(withoutAborted({ messages, abortedTransactions })), '1! 1:b 1. 1!')
})

test('a message with the key of an end is none', t => {
  const messages = fetched(0, '1:a', '1:b', '1!')
  const disguised = [{ ...messages[0]!, key: ABORT_KEY }, ...messages.slice(1)]
  const abortedTransactions = aborted(['1', 0])
  t.is(texts(withoutAborted({ messages: disguised, abortedTransactions })), '1!')
})

test('what is in no transaction is never hidden', t => {
  const messages = fetched(0, '0:a', '1:b', '0:c', '1!')
  const abortedTransactions = aborted(['1', 0])
  t.is(texts(withoutAborted({ messages, abortedTransactions })), '0:a 0:c 1!')
  t.is(withoutAborted({ messages, abortedTransactions: null }), messages)
  t.is(withoutAborted({ messages, abortedTransactions: [] }), messages)
})

test('an end that cannot be read is an end: what the producer wrote after it is seen', t => {
  const messages = fetched(0, '1:a', '1!', '1:b', '1.')
  const unread = messages.map(message => ({ ...message, key: null }))
  const abortedTransactions = aborted(['1', 0])
  t.is(texts(withoutAborted({ messages: unread, abortedTransactions })), '1! 1:b 1.')
})

test('messages of before there were transactions are seen', t => {
  const [old, later] = fetched(0, '1:a', '1:b')
  const messages = [{ ...old!, batchContext: undefined }, later!]
  const abortedTransactions = aborted(['1', 0])
  t.is(texts(withoutAborted({ messages, abortedTransactions })), '1:a')
})
