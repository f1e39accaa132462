import { ClickHouseError } from '@clickhouse/client'
import { type ErrorCode, PipelineError } from '#core'

/** What the code of a ClickHouse exception means for the batch. */
interface Verdict {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly reason: string
}

const BUSY: Verdict = { code: 'resource_exhausted', retryable: true, reason: 'server_busy' }
const DOWN: Verdict = { code: 'unavailable', retryable: true, reason: 'server_unavailable' }
/** A person has to act; until then the data is kept. */
const DENIED: Verdict = { code: 'unauthenticated', retryable: true, reason: 'access_denied' }
const NO_TABLE: Verdict = { code: 'failed_precondition', retryable: true, reason: 'schema_missing' }
const REJECTED: Verdict = { code: 'invalid_argument', retryable: false, reason: 'rejected' }
const TOO_MANY_PARTITIONS: Verdict = { ...REJECTED, reason: 'too_many_partitions' }

/**
 * Codes (ClickHouse src/Common/ErrorCodes.cpp) after which the same batch may succeed. Any other
 * code means that this batch never will.
 */
const VERDICTS: ReadonlyMap<number, Verdict> = new Map([
  [3, DOWN], // UNEXPECTED_END_OF_FILE
  [16, NO_TABLE], // NO_SUCH_COLUMN_IN_TABLE
  [60, NO_TABLE], // UNKNOWN_TABLE
  [81, NO_TABLE], // UNKNOWN_DATABASE
  [107, DOWN], // FILE_DOESNT_EXIST
  [159, BUSY], // TIMEOUT_EXCEEDED
  [164, DENIED], // READONLY
  [192, DENIED], // UNKNOWN_USER
  [193, DENIED], // WRONG_PASSWORD
  [194, DENIED], // REQUIRED_PASSWORD
  [201, BUSY], // QUOTA_EXCEEDED
  [202, BUSY], // TOO_MANY_SIMULTANEOUS_QUERIES
  [203, DOWN], // NO_FREE_CONNECTION
  [209, DOWN], // SOCKET_TIMEOUT
  [210, DOWN], // NETWORK_ERROR
  [218, BUSY], // TABLE_IS_DROPPED
  [236, DOWN], // ABORTED
  [241, BUSY], // MEMORY_LIMIT_EXCEEDED
  [242, DOWN], // TABLE_IS_READ_ONLY
  [243, BUSY], // NOT_ENOUGH_SPACE
  [252, BUSY], // TOO_MANY_PARTS
  [279, DOWN], // ALL_CONNECTION_TRIES_FAILED
  [285, DOWN], // TOO_FEW_LIVE_REPLICAS
  [286, DOWN], // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  [319, DOWN], // UNKNOWN_STATUS_OF_INSERT
  [394, DOWN], // QUERY_WAS_CANCELLED
  [425, DOWN], // SYSTEM_ERROR
  [439, BUSY], // CANNOT_SCHEDULE_TASK
  [473, BUSY], // DEADLOCK_AVOIDED
  [497, DENIED], // ACCESS_DENIED
  [516, DENIED], // AUTHENTICATION_FAILED
  [999, DOWN], // KEEPER_EXCEPTION
])

/**
 * Makes a PipelineError of anything a transport threw. `where` names endpoint and table. What is not
 * an exception of the engine is trouble on the way to it, and retryable.
 */
export function classifyError(thrown: unknown, where: string): PipelineError {
  if (thrown instanceof PipelineError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return PipelineError.retryable(`${where}: gave up waiting`, {
      code: 'cancelled',
      cause: thrown,
    })
  }
  const code = clickHouseCode(thrown)
  if (code === undefined) {
    return PipelineError.retryable(`${where}: ${firstLine(message)}`, {
      reason: 'server_unavailable',
      cause: thrown,
    })
  }
  const verdict = verdictOf(code, message)
  return new PipelineError(`${where}: code ${code}: ${firstLine(message)}`, {
    ...verdict,
    cause: thrown,
  })
}

/** The code of a ClickHouse exception, from either transport; undefined for anything else. */
function clickHouseCode(thrown: unknown): number | undefined {
  if (thrown instanceof ClickHouseError) return Number(thrown.code)
  if (!(thrown instanceof Error)) return undefined
  const { clickhouseCode } = thrown as Error & { readonly clickhouseCode?: unknown }
  return typeof clickhouseCode === 'number' ? clickhouseCode : undefined
}

/** Has the engine refused a block that spans more partitions than it takes at once? */
export function isTooManyPartitions(error: PipelineError): boolean {
  return error.reason === TOO_MANY_PARTITIONS.reason
}

/** Is the table, or a column of it, not there any more? */
export function isSchemaMissing(error: PipelineError): boolean {
  return error.reason === NO_TABLE.reason
}

function verdictOf(code: number, message: string): Verdict {
  // Both "too many parts" (wait for merges) and "too many partitions for single INSERT block" (never
  // succeeds) are code 252; nothing but the text tells them apart.
  if (code === 252 && /too many partitions/i.test(message)) return TOO_MANY_PARTITIONS
  return VERDICTS.get(code) ?? REJECTED
}

/** Stack traces of the engine follow the first line. */
function firstLine(message: string): string {
  const line = message.replace(/^(?:Code: \d+\. DB::Exception: )+/, '').split('\n', 1)[0] ?? ''
  return line.trim().slice(0, 500)
}
