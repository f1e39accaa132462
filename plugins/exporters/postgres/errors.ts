import pg from 'pg'
import { type ErrorCode, PipelineError } from '#core'

/** What an SQLSTATE means for the batch. */
interface Verdict {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly reason: string
}

const DOWN: Verdict = { code: 'unavailable', retryable: true, reason: 'server_unavailable' }
const BUSY: Verdict = { code: 'resource_exhausted', retryable: true, reason: 'server_busy' }
/** A person has to act; until then the data is kept. */
const DENIED: Verdict = { code: 'unauthenticated', retryable: true, reason: 'access_denied' }
const NO_TABLE: Verdict = { code: 'failed_precondition', retryable: true, reason: 'schema_missing' }
const NO_PARTITION: Verdict = {
  code: 'failed_precondition',
  retryable: true,
  reason: 'no_partition',
}
const UNEXPECTED: Verdict = { code: 'internal', retryable: true, reason: 'server_error' }
/** The record itself: it never goes in, however often it is sent. */
export const REJECTED: Verdict = { code: 'invalid_argument', retryable: false, reason: 'rejected' }

/** Whole SQLSTATEs first, then their classes (postgresql.org/docs/current/errcodes-appendix.html). */
const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ['22P03', NO_TABLE], // invalid_binary_representation: a column of another type
  ['22P04', NO_TABLE], // bad_copy_file_format: the same
  ['25006', DOWN], // read_only_sql_transaction: a standby, as after a failover
  ['3D000', NO_TABLE], // invalid_catalog_name: no such database
  ['3F000', NO_TABLE], // invalid_schema_name
  ['42501', DENIED], // insufficient_privilege
  ['42703', NO_TABLE], // undefined_column
  ['42P01', NO_TABLE], // undefined_table
  ['57014', BUSY], // query_canceled: statement_timeout
  ['08', DOWN], // connection exception
  ['22', REJECTED], // data exception
  ['23', REJECTED], // integrity constraint violation
  ['28', DENIED], // invalid authorization specification
  ['40', BUSY], // transaction rollback: serialization failure, deadlock
  ['53', BUSY], // insufficient resources: disk full, out of memory, too many connections
  ['54', REJECTED], // program limit exceeded: an index entry or a value is too large
  ['55', BUSY], // object not in prerequisite state: lock_not_available
  ['57', DOWN], // operator intervention: shutdown, starting up
  ['58', DOWN], // system error
])

/**
 * Makes a PipelineError of anything the client threw. `where` names endpoint and table. What is not
 * an error of the server is trouble on the way to it, and retryable. The server's DETAIL may quote
 * records, and is left out.
 */
export function classifyError(thrown: unknown, where: string): PipelineError {
  if (thrown instanceof PipelineError) return thrown
  if (thrown instanceof pg.DatabaseError) {
    const message = `${where}: ${describeFault(thrown)}`
    return new PipelineError(message, { ...verdictOf(thrown), cause: thrown })
  }
  return PipelineError.retryable(`${where}: ${explained(thrown)}`, {
    reason: DOWN.reason,
    cause: thrown,
  })
}

/** What the server said, on one line. */
export function describeFault(error: Error): string {
  const text = error.message.replaceAll(/\s+/g, ' ').slice(0, 500)
  return error instanceof pg.DatabaseError ? `SQLSTATE ${error.code}: ${text}` : text
}

/** Has the server refused what a record holds, so that the same batch without it may go in? */
export function isRecordFault(thrown: unknown): thrown is pg.DatabaseError {
  return thrown instanceof pg.DatabaseError && !verdictOf(thrown).retryable
}

/** Is the table, or a column of it, not there any more? */
export function isSchemaMissing(error: PipelineError): boolean {
  return error.reason === NO_TABLE.reason
}

function verdictOf({ code = '', constraint }: pg.DatabaseError): Verdict {
  // "No partition found for row" is a check violation, too, but of no constraint.
  if (code === '23514' && constraint === undefined) return NO_PARTITION
  return VERDICTS.get(code) ?? VERDICTS.get(code.slice(0, 2)) ?? UNEXPECTED
}

function explained(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  // Several addresses were tried and Node has put the reasons into `errors` alone.
  if (thrown instanceof AggregateError && thrown.message === '') {
    return thrown.errors.map(error => (error as Error).message).join('; ')
  }
  // What pg says when the server answers the request for TLS with no.
  if (/does not support SSL/.test(thrown.message)) {
    return `${thrown.message}: add ?sslmode=disable to the endpoint to go without TLS`
  }
  return thrown.message
}
