import type { Session } from '../connections.ts'
import {
  ledgerName,
  lockStatement,
  qualified,
  type SchemaOptions,
} from '../schema/schema-options.ts'
import { quoteText } from '../sql.ts'
import { inTransaction, type TransactionLimits } from '../transaction.ts'
import { defaultName } from './day.ts'
import { listPartitions } from './list-partitions.ts'

/** Rows that one DELETE takes, so that its locks and its WAL stay small. */
const DELETE_ROWS_MAX = 10_000
/** DELETEs in one round; what is left waits for the next one. */
const DELETES_MAX = 100
/** Marks a partition that was taken off to be dropped, should we end in between. */
const EXPIRED = 'parsec: expired, to be dropped'

/**
 * Takes off and drops the day partitions of ours that ended more than `ttlMs` ago, and deletes rows
 * as old from the default partition. Returns the names of the partitions dropped.
 *
 * DETACH locks the whole table for a moment, since CONCURRENTLY does not work where there is a
 * default partition; it gives up after the lock timeout rather than hold up inserts. The drop, which
 * may take longer, comes after and locks the partition alone. What others have detached is theirs.
 */
export async function expirePartitions(
  session: Session,
  options: SchemaOptions,
  ttlMs: number,
  limits: TransactionLimits,
): Promise<string[]> {
  const dropped: string[] = []
  for (;;) {
    const name = await inTransaction(session, limits, async () => {
      await session.query(lockStatement(options))
      return await detachOldest(session, options, ttlMs)
    })
    if (name === undefined) break
  }
  for (const name of await listExpired(session, options)) {
    await inTransaction(session, limits, async () => {
      await session.query(lockStatement(options))
      await session.query(`DROP TABLE IF EXISTS ${qualified(options, name)}`)
    })
    dropped.push(name)
  }
  const rest = qualified(options, defaultName(options.table))
  await deleteOlder(session, rest, 'timestamp', ttlMs, limits)
  return dropped
}

/** Forgets batches that were stored longer ago than `windowMs`. */
export async function pruneLedger(
  session: Session,
  options: SchemaOptions,
  windowMs: number,
  limits: TransactionLimits,
): Promise<void> {
  const ledger = qualified(options, ledgerName(options))
  await deleteOlder(session, ledger, 'inserted_at', windowMs, limits)
}

async function detachOldest(
  session: Session,
  options: SchemaOptions,
  ttlMs: number,
): Promise<string | undefined> {
  const { partitions, nowMs } = await listPartitions(session, options)
  const oldest = partitions
    .filter(({ day, toMs }) => day !== undefined && toMs <= nowMs - ttlMs)
    .toSorted((a, b) => a.toMs - b.toMs)[0]
  if (oldest === undefined) return undefined
  const partition = qualified(options, oldest.name)
  await session.query(`ALTER TABLE ${qualified(options)} DETACH PARTITION ${partition}`)
  await session.query(`COMMENT ON TABLE ${partition} IS ${quoteText(EXPIRED)}`)
  return oldest.name
}

async function listExpired(session: Session, options: SchemaOptions): Promise<string[]> {
  const { rows } = await session.query<{ readonly name: string }>(
    `SELECT c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'r' AND NOT c.relispartition AND starts_with(c.relname, $2)
  AND obj_description(c.oid, 'pg_class') = $3
ORDER BY c.relname`,
    [options.schema, `${options.table}_p`, EXPIRED],
  )
  return rows.map(({ name }) => name)
}

async function deleteOlder(
  session: Session,
  table: string,
  column: string,
  ageMs: number,
  limits: TransactionLimits,
): Promise<void> {
  const age = `interval '${Math.ceil(ageMs / 1000)} seconds'`
  const sql = `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${column} < now() - ${age} LIMIT ${DELETE_ROWS_MAX}))`
  for (let i = 0; i < DELETES_MAX; i++) {
    const { rowCount } = await inTransaction(session, limits, () => session.query(sql))
    if ((rowCount ?? 0) < DELETE_ROWS_MAX) return
  }
}
