import type { Session } from './connections.ts'

export interface TransactionLimits {
  /** Of one statement. */
  readonly statementMs: number
  /** Of one wait for a lock. */
  readonly lockMs: number
}

/** A client that has gone silent must not keep its locks for ever. */
const IDLE_IN_TRANSACTION_MS = 60_000

/**
 * The statements that begin a transaction. Everything is set for this transaction alone, so that it
 * works behind a connection pooler, and over whatever the role or the database have set.
 * `synchronous_commit` is raised when it is off, since a COMMIT is our acknowledgement.
 */
export function beginStatements(
  { statementMs, lockMs }: TransactionLimits,
  mode = 'WRITE',
): string {
  const settings = {
    statement_timeout: String(Math.ceil(statementMs)),
    lock_timeout: String(Math.ceil(lockMs)),
    idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
    timezone: 'UTC',
    client_min_messages: 'error',
  }
  return [
    `BEGIN ISOLATION LEVEL READ COMMITTED READ ${mode}`,
    ...Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = '${value}'`),
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
  ].join('; ')
}

/** Runs `work` in a transaction and commits it. Whoever calls cuts the connection when it rejects. */
export async function inTransaction<T>(
  session: Session,
  limits: TransactionLimits,
  work: () => Promise<T>,
): Promise<T> {
  await session.query(beginStatements(limits))
  const result = await work()
  await commit(session)
  return result
}

/** Rejects when the server has rolled back instead, which it answers without an error. */
export async function commit(session: Session): Promise<void> {
  const { command } = await session.query('COMMIT')
  if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`)
}
