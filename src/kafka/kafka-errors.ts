import { type ErrorCode, PipelineError } from '../plugin/pipeline-error.ts'

/** What an error of the broker means for the records. */
interface Verdict {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly reason: string
}

const TOO_LARGE: Verdict = {
  code: 'invalid_argument',
  retryable: false,
  reason: 'message_too_large',
}
const REJECTED: Verdict = { code: 'invalid_argument', retryable: false, reason: 'rejected' }
const DOWN: Verdict = { code: 'unavailable', retryable: true, reason: 'broker_unavailable' }
const FENCED: Verdict = { code: 'aborted', retryable: true, reason: 'fenced' }
/** A person has to act; until then the records are kept. */
const DENIED: Verdict = { code: 'permission_denied', retryable: true, reason: 'access_denied' }
const LOGIN: Verdict = { code: 'unauthenticated', retryable: true, reason: 'login_failed' }
const NO_TOPIC: Verdict = { code: 'not_found', retryable: true, reason: 'unknown_topic' }
/** The broker takes no message from over an hour ahead; each attempt has the time of its own. */
const CLOCK: Verdict = { code: 'failed_precondition', retryable: true, reason: 'wrong_clock' }
const CONFIG: Verdict = { code: 'failed_precondition', retryable: true, reason: 'broker_config' }

/**
 * Kafka's error codes (kafka.apache.org/protocol#protocol_error_codes), as kafkajs spells them. All
 * others are trouble that may pass: retryable.
 */
const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ['MESSAGE_TOO_LARGE', TOO_LARGE],
  ['RECORD_LIST_TOO_LARGE', TOO_LARGE],
  ['INVALID_RECORD', REJECTED],
  ['INVALID_TIMESTAMP', CLOCK],
  ['INVALID_TOPIC_EXCEPTION', REJECTED],
  ['UNKNOWN_TOPIC_OR_PARTITION', NO_TOPIC],
  ['INVALID_PARTITIONS', NO_TOPIC],
  ['TOPIC_AUTHORIZATION_FAILED', DENIED],
  ['GROUP_AUTHORIZATION_FAILED', DENIED],
  ['CLUSTER_AUTHORIZATION_FAILED', DENIED],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', DENIED],
  ['SASL_AUTHENTICATION_FAILED', LOGIN],
  ['UNSUPPORTED_SASL_MECHANISM', LOGIN],
  ['ILLEGAL_SASL_STATE', LOGIN],
  ['UNSUPPORTED_VERSION', CONFIG],
  ['UNSUPPORTED_COMPRESSION_TYPE', CONFIG],
  ['INVALID_REQUIRED_ACKS', CONFIG],
  ['INVALID_SESSION_TIMEOUT', CONFIG],
  ['INVALID_GROUP_ID', CONFIG],
  ['INCONSISTENT_GROUP_PROTOCOL', CONFIG],
  ['POLICY_VIOLATION', CONFIG],
  ['OFFSET_METADATA_TOO_LARGE', CONFIG],
  ['INVALID_TRANSACTION_TIMEOUT', CONFIG],
  ['ILLEGAL_GENERATION', FENCED],
  ['UNKNOWN_MEMBER_ID', FENCED],
  ['REBALANCE_IN_PROGRESS', FENCED],
  ['FENCED_INSTANCE_ID', FENCED],
])

interface KafkaJsError extends Error {
  readonly type?: string
  readonly originalError?: unknown
}

/** The name of the broker's error code behind what was thrown; undefined when it was none. */
export function kafkaErrorType(thrown: unknown): string | undefined {
  return chainOf(thrown).find(({ type }) => type !== undefined)?.type
}

/** Makes a PipelineError of anything the client threw. `where` names what was being done. */
export function kafkaError(thrown: unknown, where: string): PipelineError {
  if (thrown instanceof PipelineError) return thrown
  const errors = chainOf(thrown)
  const type = kafkaErrorType(thrown)
  const isLogin = errors.some(({ name }) => name === 'KafkaJSSASLAuthenticationError')
  const verdict = isLogin ? LOGIN : (VERDICTS.get(type ?? '') ?? DOWN)
  const message = errors.at(-1)?.message ?? String(thrown)
  return new PipelineError(`${where}: ${message}${type === undefined ? '' : ` (${type})`}`, {
    ...verdict,
    cause: thrown,
  })
}

/** Has the broker refused a batch of messages for its size? */
export function isTooLarge(error: PipelineError): boolean {
  return error.reason === TOO_LARGE.reason
}

/** Is somebody else, or a later life of ours, the owner by now? */
export function isFenced(error: PipelineError): boolean {
  return error.reason === FENCED.reason
}

/** Has another member of the group been given our group_instance_id? Then we are out for good. */
export function isInstanceFenced(thrown: unknown): boolean {
  return kafkaErrorType(thrown) === 'FENCED_INSTANCE_ID'
}

/** kafkajs wraps: the error, what caused it, and so on to the first. */
function chainOf(thrown: unknown): KafkaJsError[] {
  const errors: KafkaJsError[] = []
  let error: unknown = thrown
  while (error instanceof Error && errors.length < 10) {
    errors.push(error)
    error = error.cause ?? (error as KafkaJsError).originalError
  }
  return errors
}
