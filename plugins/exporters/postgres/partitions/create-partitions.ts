import type { Session } from '../connections.ts'
import { lockStatement, qualified, type SchemaOptions } from '../schema/schema-options.ts'
import { quoteName, quoteText } from '../sql.ts'
import { inTransaction, type TransactionLimits } from '../transaction.ts'
import { beginOf, DAY_MS, type Day, dayOf, defaultName, partitionName } from './day.ts'
import { listPartitions, type PartitionList } from './list-partitions.ts'

export interface DayWindow {
  readonly daysBehind: number
  readonly daysAhead: number
}

/**
 * Makes the default partition and those of the days around today that nothing covers yet. Returns
 * the names of the partitions made. Each is a transaction of its own, short, under the lock.
 */
export async function createPartitions(
  session: Session,
  options: SchemaOptions,
  window: DayWindow,
  limits: TransactionLimits,
): Promise<string[]> {
  const made: string[] = []
  for (;;) {
    const name = await inTransaction(session, limits, async () => {
      await session.query(lockStatement(options))
      // Only now: another process may have made some while this one was waiting.
      return await createNext(session, options, window, await listPartitions(session, options))
    })
    if (name === undefined) return made
    made.push(name)
  }
}

async function createNext(
  session: Session,
  options: SchemaOptions,
  window: DayWindow,
  list: PartitionList,
): Promise<string | undefined> {
  if (!list.isPartitioned) return undefined
  const hasDefault = list.partitions.some(({ isDefault }) => isDefault)
  if (!hasDefault) {
    const name = defaultName(options.table)
    await session.query(
      `CREATE TABLE ${qualified(options, name)} PARTITION OF ${qualified(options)} DEFAULT`,
    )
    return name
  }
  const day = missingDays(list, window)[0]
  return day === undefined ? undefined : await createDay(session, options, list, day)
}

/** Days of the window that no partition covers, not even in part; today and the coming ones first. */
export function missingDays(
  { partitions, nowMs }: PartitionList,
  { daysBehind, daysAhead }: DayWindow,
): Day[] {
  const today = dayOf(nowMs)
  const ahead = Array.from({ length: daysAhead + 1 }, (_, i) => today + i)
  const behind = Array.from({ length: daysBehind }, (_, i) => today - 1 - i)
  const isCovered = (day: Day): boolean =>
    partitions.some(
      ({ isDefault, fromMs, toMs }) =>
        !isDefault && fromMs < (day + 1) * DAY_MS && toMs > day * DAY_MS,
    )
  return [...ahead, ...behind].filter(day => !isCovered(day))
}

/**
 * ATTACH rather than PARTITION OF: it does not stop inserts into other partitions. It does lock the
 * default partition, and looks through it for rows of that day, which have to be moved before.
 */
async function createDay(
  session: Session,
  options: SchemaOptions,
  { partitions }: PartitionList,
  day: Day,
): Promise<string> {
  const name = partitionName(options.table, day)
  const partition = qualified(options, name)
  const from = quoteText(beginOf(day))
  const to = quoteText(beginOf(day + 1))
  const rows = `timestamp >= ${from} AND timestamp < ${to}`
  const fallback = qualified(options, partitions.find(({ isDefault }) => isDefault)!.name)
  const check = quoteName(`${name}_day`)
  for (const sql of [
    // First, so that no row of that day can come in after the move, and no lock is taken in parts.
    `LOCK TABLE ${fallback} IN ACCESS EXCLUSIVE MODE`,
    `CREATE TABLE ${partition} (LIKE ${qualified(options)} INCLUDING ALL EXCLUDING INDEXES EXCLUDING IDENTITY)`,
    `WITH moved AS (DELETE FROM ${fallback} WHERE ${rows} RETURNING *) INSERT INTO ${partition} SELECT * FROM moved`,
    // Says that every row belongs there, so that ATTACH does not look.
    `ALTER TABLE ${partition} ADD CONSTRAINT ${check} CHECK (${rows})`,
    `ALTER TABLE ${qualified(options)} ATTACH PARTITION ${partition} FOR VALUES FROM (${from}) TO (${to})`,
    `ALTER TABLE ${partition} DROP CONSTRAINT ${check}`,
  ]) {
    await session.query(sql)
  }
  return name
}
