import { PipelineError } from '../plugin/pipeline-error.ts'
import { kafkaError, kafkaErrorType } from './kafka-errors.ts'

/** Another process has opened the same transactional id since. */
const FENCED = 'transactional_id_in_use'

/** How long a process that was fenced stays away from its transactional id, in milliseconds. */
export const FENCED_PAUSE_MS = 30_000

/** What an operator can do about it, by the broker's error. */
const HINTS: ReadonlyMap<string, (id: string, topic: string) => string> = new Map([
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', needed],
  ['GROUP_AUTHORIZATION_FAILED', needed],
  ['TOPIC_AUTHORIZATION_FAILED', needed],
  [
    'GROUP_COORDINATOR_NOT_AVAILABLE',
    () => 'the cluster may have fewer brokers than its transaction.state.log.replication.factor',
  ],
  [
    'OFFSET_METADATA_TOO_LARGE',
    () => "the broker's offset.metadata.max.bytes must be 4096 or more",
  ],
  [
    'INVALID_TRANSACTION_TIMEOUT',
    () => "the broker's transaction.max.timeout.ms must be 60000 or more",
  ],
  [
    'UNKNOWN_TOPIC_OR_PARTITION',
    (_, topic) => `topic ${topic} must exist: what was written is noted for its first partition`,
  ],
])

/** Makes a PipelineError of what the client threw in a transaction under `transactional_id` `id`. */
export function transactionError(thrown: unknown, id: string, topic: string): PipelineError {
  const error = kafkaError(thrown, `transactional_id ${id}`)
  const hint = HINTS.get(kafkaErrorType(thrown) ?? '')?.(id, topic)
  if (hint === undefined || error === thrown) return error
  const { code, retryable, reason, cause } = error
  return new PipelineError(`${error.message}: ${hint}`, { code, retryable, reason, cause })
}

/** Does the broker know of a later process with the same id? */
export function isEpochFenced(thrown: unknown): boolean {
  return kafkaErrorType(thrown) === 'INVALID_PRODUCER_EPOCH'
}

export function fencedError(id: string, retryAfterMs: number): PipelineError {
  return PipelineError.retryable(
    `transactional_id ${id} is in use by another process too: every Parsec needs its own, see producer::transactional_id`,
    { code: 'aborted', reason: FENCED, retryAfterMs: Math.ceil(retryAfterMs) },
  )
}

export function isFencedId({ reason }: PipelineError): boolean {
  return reason === FENCED
}

export function unsupportedError(): PipelineError {
  return PipelineError.retryable(
    'the broker is too old, or not willing, for transactions: producer::transactional_id needs Kafka 2.5 or newer',
    { code: 'failed_precondition', reason: 'broker_config' },
  )
}

function needed(id: string, topic: string): string {
  return `needed are Write and Describe on transactional ids ${id}-*, Read on groups ${id}-*, Read and Write on topic ${topic}`
}
