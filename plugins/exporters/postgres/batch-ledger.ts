import { createHash } from 'node:crypto'
import { quoteText } from './sql.ts'

/*
 * The ledger: one row for each batch that was stored, inserted in the transaction that stores it. A
 * repetition finds the row and stores nothing. The row also says which records were refused and why,
 * so that the verdict of a repetition is the same.
 *
 * A batch that is on its way in another transaction holds back its repetition until that one has
 * ended: the unique index makes the second INSERT wait.
 */

/** Records `from` up to, not including, `to` of a batch, counted within its selection. */
export interface RecordRange {
  readonly from: number
  readonly to: number
}

/** What the server has refused of a batch while it took all the rest. */
export interface Refusal {
  readonly ranges: readonly RecordRange[]
  /** Why the first of them was refused. */
  readonly fault: string
}

/** Identity of a batch as the ledger has it: 128 bits of a hash, since origins may be long. */
export function ledgerToken(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 32)
}

/** Inserts nothing when the batch is there. */
export function insertStatement(ledger: string, token: string, records: number): string {
  return `INSERT INTO ${ledger} (token, records) VALUES ('${token}', ${records}) ON CONFLICT (token) DO NOTHING`
}

export function refuseStatement(ledger: string, token: string, refusal: Refusal): string {
  const bounds = refusal.ranges.flatMap(({ from, to }) => [from, to])
  return `UPDATE ${ledger} SET rejected = '{${bounds.join(',')}}', fault = ${quoteText(refusal.fault)} WHERE token = '${token}'`
}

/** Gives the row that `readRefusal` reads. */
export function selectStatement(ledger: string, token: string): string {
  return `SELECT rejected, fault FROM ${ledger} WHERE token = '${token}'`
}

/** undefined: nothing of the batch was refused. */
export function readRefusal(row: LedgerRow | undefined): Refusal | undefined {
  const bounds = row?.rejected
  if (!bounds) return undefined
  const ranges = Array.from({ length: bounds.length / 2 }, (_, i) => ({
    from: bounds[2 * i]!,
    to: bounds[2 * i + 1]!,
  }))
  return { ranges, fault: row.fault ?? 'refused' }
}

export interface LedgerRow {
  readonly rejected: readonly number[] | null
  readonly fault: string | null
}
