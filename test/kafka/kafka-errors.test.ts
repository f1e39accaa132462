import test from 'ava'
import { isFenced, isInstanceFenced, isTooLarge, kafkaError } from '../../src/kafka/kafka-errors.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

/** As kafkajs makes them. */
function protocolError(type: string, message = type): Error {
  return Object.assign(new Error(message), { name: 'KafkaJSProtocolError', type })
}

const CASES: readonly [error: Error, code: string, retryable: boolean, reason: string][] = [
  [protocolError('MESSAGE_TOO_LARGE'), 'invalid_argument', false, 'message_too_large'],
  [protocolError('RECORD_LIST_TOO_LARGE'), 'invalid_argument', false, 'message_too_large'],
  [protocolError('INVALID_RECORD'), 'invalid_argument', false, 'rejected'],
  [protocolError('INVALID_TIMESTAMP'), 'failed_precondition', true, 'wrong_clock'],
  [protocolError('TOPIC_AUTHORIZATION_FAILED'), 'permission_denied', true, 'access_denied'],
  [protocolError('UNKNOWN_TOPIC_OR_PARTITION'), 'not_found', true, 'unknown_topic'],
  [protocolError('ILLEGAL_GENERATION'), 'aborted', true, 'fenced'],
  [protocolError('NOT_ENOUGH_REPLICAS'), 'unavailable', true, 'broker_unavailable'],
  [protocolError('A_CODE_OF_LATER_YEARS'), 'unavailable', true, 'broker_unavailable'],
  [new Error('connect ECONNREFUSED'), 'unavailable', true, 'broker_unavailable'],
  [
    Object.assign(new Error('bad'), { name: 'KafkaJSSASLAuthenticationError' }),
    'unauthenticated',
    true,
    'login_failed',
  ],
]

for (const [error, code, retryable, reason] of CASES) {
  test(`${error.message} (${error.name}) is ${reason}`, t => {
    // kafkajs wraps the first error once or twice.
    const wrapped = new Error('gave up', { cause: new Error('retries', { cause: error }) })
    const { code: told, retryable: again, reason: why, message } = kafkaError(wrapped, 'sending')
    t.deepEqual([told, again, why], [code, retryable, reason])
    t.true(message.startsWith(`sending: ${error.message}`))
  })
}

test('a PipelineError stays what it is, and anything can be thrown', t => {
  const error = PipelineError.permanent('no')
  t.is(kafkaError(error, 'sending'), error)
  t.true(kafkaError('text', 'sending').retryable)
})

test('one that another has taken the place of is known, wrapped or not', t => {
  const fenced = protocolError('FENCED_INSTANCE_ID')
  t.true(isInstanceFenced(fenced))
  t.true(isInstanceFenced(kafkaError(new Error('gave up', { cause: fenced }), '')))
  t.false(isInstanceFenced(protocolError('UNKNOWN_MEMBER_ID')))
})

test('two questions have names', t => {
  t.true(isTooLarge(kafkaError(protocolError('MESSAGE_TOO_LARGE'), '')))
  t.false(isFenced(kafkaError(protocolError('MESSAGE_TOO_LARGE'), '')))
  t.true(isFenced(kafkaError(protocolError('UNKNOWN_MEMBER_ID'), '')))
})
