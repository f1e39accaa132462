import type { LogBatch } from '#core'
import {
  insertStatement,
  type LedgerRow,
  ledgerToken,
  type RecordRange,
  type Refusal,
  readRefusal,
  refuseStatement,
  selectStatement,
} from './batch-ledger.ts'
import type { Session } from './connections.ts'
import { type Altered, nothingAltered } from './copy/altered.ts'
import type { ChunkPool } from './copy/chunk-pool.ts'
import { RowEncoder } from './copy/encode-rows.ts'
import { LOG_COLUMN_NAMES } from './copy/log-columns.ts'
import { copyBatch, SAVEPOINT } from './copy-batch.ts'
import { describeFault } from './errors.ts'
import { quoteName } from './sql.ts'
import { beginStatements, commit, type TransactionLimits } from './transaction.ts'

export interface StoreOptions {
  /** Quoted, with its schema; so is the ledger. */
  readonly table: string
  readonly ledger: string
  readonly limits: TransactionLimits
  readonly pool: ChunkPool
  /** Nanoseconds since the epoch for records that carry no time at all. */
  readonly fallbackNanos: bigint
}

export interface StoreOutcome {
  readonly refusal: Refusal | undefined
  /** What was changed to fit; nothing when the batch was already there. */
  readonly altered: Altered
}

/**
 * Stores a batch in one transaction, or finds that it is stored already. Records that the server
 * refuses for what they hold are left out; everything else rejects with the server's or the
 * connection's error, and then the same batch may be sent again: it is never stored twice.
 */
export async function storeBatch(
  session: Session,
  batch: LogBatch,
  identity: string,
  options: StoreOptions,
): Promise<StoreOutcome> {
  const { table, ledger, limits } = options
  const token = ledgerToken(identity)
  const altered = nothingAltered()
  // One round trip for all of it.
  const insert = insertStatement(ledger, token, batch.count)
  const results: unknown = await session.query(
    `${beginStatements(limits)}; ${insert}; ${SAVEPOINT}`,
  )
  if (!hasInserted(results)) return { refusal: await findRefusal(session, ledger, token), altered }
  const encoder = new RowEncoder(batch, { ...options, altered })
  const columns = LOG_COLUMN_NAMES.map(quoteName).join(', ')
  const sql = `COPY ${table} (${columns}) FROM STDIN (FORMAT binary)`
  const { refused, fault } = await copyBatch(session, encoder, sql, batch.count)
  let refusal: Refusal | undefined
  if (fault !== undefined) {
    const ranges = refused.toSorted((a, b) => a.from - b.from)
    refusal = { ranges, fault: describeFault(fault) }
    if (isAll(ranges, batch.count)) {
      // Nothing was stored: once somebody has mended the cause, it may be sent again as it is.
      await session.query('ROLLBACK')
      return { refusal, altered: nothingAltered() }
    }
    await session.query(refuseStatement(ledger, token, refusal))
  }
  await commit(session)
  return { refusal, altered }
}

function isAll(ranges: readonly RecordRange[], count: number): boolean {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0) === count
}

/** Of a text with several statements pg gives a list of results. */
function hasInserted(results: unknown): boolean {
  return (results as { readonly command: string; readonly rowCount: number | null }[]).some(
    ({ command, rowCount }) => command === 'INSERT' && rowCount === 1,
  )
}

async function findRefusal(
  session: Session,
  ledger: string,
  token: string,
): Promise<Refusal | undefined> {
  const { rows } = await session.query<LedgerRow>(selectStatement(ledger, token))
  await session.query('ROLLBACK')
  return readRefusal(rows[0])
}
