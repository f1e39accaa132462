import test from 'ava'
import { errorFromCode } from '../../src/kafka/kafkajs-cluster.ts'
import {
  fencedError,
  isEpochFenced,
  isFencedId,
  transactionError,
  unsupportedError,
} from '../../src/kafka/transaction-errors.ts'

const CASES: readonly [code: number, hint: RegExp][] = [
  [53, /Write and Describe on transactional ids edge-\*, Read on groups edge-\*/],
  [30, /Read on groups edge-\*, Read and Write on topic logs/],
  [29, /Read and Write on topic logs/],
  [15, /transaction\.state\.log\.replication\.factor/],
  [12, /offset\.metadata\.max\.bytes/],
  [50, /transaction\.max\.timeout\.ms/],
  [3, /topic logs must exist/],
]

for (const [code, hint] of CASES) {
  test(`error ${code} of the broker says what to do`, t => {
    const error = transactionError(errorFromCode(code), 'edge', 'logs')
    t.regex(error.message, /^transactional_id edge: /)
    t.regex(error.message, hint)
    t.true(error.retryable)
  })
}

test('a verdict on messages stays one, and what is one already is not changed', t => {
  const error = transactionError(errorFromCode(10), 'edge', 'logs')
  t.is(error.reason, 'message_too_large')
  t.is(transactionError(error, 'other', 'logs'), error)
})

test('only a newer process with the id fences', t => {
  t.true(isEpochFenced(errorFromCode(47)))
  t.false(isEpochFenced(errorFromCode(49)))
  t.false(isEpochFenced(new Error('x')))
  const error = fencedError('edge', 1234.5)
  t.true(isFencedId(error))
  t.is(error.retryAfterMs, 1235)
})

test('an old broker is named as such', t => {
  t.regex(unsupportedError().message, /needs Kafka 2\.5 or newer/)
  t.true(unsupportedError().retryable)
})
