import type { RecordRange } from './batch-ledger.ts'
import type { Session } from './connections.ts'
import { copyIn } from './copy/copy-in.ts'
import type { RowEncoder } from './copy/encode-rows.ts'
import { isRecordFault } from './errors.ts'

/**
 * COPYs that looking for the refused records of one batch may cost. One bad record in a million takes
 * 40; what is still refused when they are used up is left out whole.
 */
export const SEARCH_COPIES_MAX = 128
/**
 * When so many COPYs in a row were refused and none was accepted, it is not a matter of single
 * records: looking further would only multiply the load.
 */
export const HOPELESS_COPIES = 16

/** The statement that the caller's transaction MUST have run last before `copyBatch`. */
export const SAVEPOINT = 'SAVEPOINT records'

export interface CopyOutcome {
  /** What was left out, in no order. */
  readonly refused: readonly RecordRange[]
  /** Why the first of them was. */
  readonly fault: Error | undefined
}

/**
 * Copies the first `count` records of the encoder's batch within the transaction. A range that the
 * server refuses for what its records hold is rolled back to the savepoint and halved, larger ranges
 * before smaller ones, until it goes in or is a single record. Rejects with any other error.
 */
export async function copyBatch(
  session: Session,
  encoder: RowEncoder,
  sql: string,
  count: number,
): Promise<CopyOutcome> {
  const work: RecordRange[] = [{ from: 0, to: count }]
  const refused: RecordRange[] = []
  let fault: Error | undefined
  let copies = 0
  let accepted = 0
  for (let range = work.shift(); range !== undefined; range = work.shift()) {
    copies++
    const error = await copyRange(session, encoder, sql, range)
    if (error === undefined) {
      accepted++
      // What went in now stays, whatever is rolled back later.
      if (work.length > 0) await session.query(`RELEASE ${SAVEPOINT}; ${SAVEPOINT}`)
      continue
    }
    fault ??= error
    const isHopeless = accepted === 0 && copies >= HOPELESS_COPIES
    const isLast = range.to - range.from === 1
    if (isLast || isHopeless || copies + work.length + 2 > SEARCH_COPIES_MAX) refused.push(range)
    else work.push(...halves(range))
  }
  return { refused, fault }
}

/** undefined: it is in. Returns the server's error when a record is at fault. */
async function copyRange(
  session: Session,
  encoder: RowEncoder,
  sql: string,
  { from, to }: RecordRange,
): Promise<Error | undefined> {
  const pass = encoder.encode(from, to)
  try {
    await copyIn(session, sql, pass.chunks)
  } catch (error) {
    if (!isRecordFault(error)) throw error
    pass.giveUp()
    await session.query(`ROLLBACK TO ${SAVEPOINT}`)
    return error
  }
  pass.done()
  return undefined
}

function halves({ from, to }: RecordRange): RecordRange[] {
  const middle = Math.ceil((from + to) / 2)
  return [
    { from, to: middle },
    { from: middle, to },
  ]
}
