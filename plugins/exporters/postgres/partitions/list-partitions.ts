import type { Session } from '../connections.ts'
import { qualified, type SchemaOptions } from '../schema/schema-options.ts'
import { DAY_MS, type Day, dayOfPartition } from './day.ts'

export interface Partition {
  readonly name: string
  readonly isDefault: boolean
  /** Milliseconds since the epoch, from up to, not including, to; infinite where it is open. */
  readonly fromMs: number
  readonly toMs: number
  /** Its day when it is one of ours: named by us, and just that day. */
  readonly day: Day | undefined
}

export interface PartitionList {
  readonly partitions: readonly Partition[]
  /** The server's clock: processes on several machines have to agree on what day it is. */
  readonly nowMs: number
  /** undefined: no partitioned table of that name. */
  readonly isPartitioned: boolean
}

/** Reads the partitions of the log table. The session's time zone MUST be UTC. */
export async function listPartitions(
  session: Session,
  options: SchemaOptions,
): Promise<PartitionList> {
  const { rows } = await session.query<Row>(
    `SELECT floor(extract(epoch FROM now()) * 1000)::float8 AS now_ms, p.partstrat IS NOT NULL AS is_partitioned,
       c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
FROM (SELECT to_regclass($1)::oid AS oid) AS t
LEFT JOIN pg_partitioned_table AS p ON p.partrelid = t.oid
LEFT JOIN pg_inherits AS i ON i.inhparent = p.partrelid
LEFT JOIN pg_class AS c ON c.oid = i.inhrelid
ORDER BY c.relname`,
    [qualified(options)],
  )
  return {
    nowMs: rows[0]!.now_ms,
    isPartitioned: rows[0]!.is_partitioned,
    partitions: rows.flatMap(({ name, bound }) =>
      name === null || bound === null ? [] : [partitionOf(options.table, name, bound)],
    ),
  }
}

interface Row {
  readonly now_ms: number
  readonly is_partitioned: boolean
  readonly name: string | null
  readonly bound: string | null
}

/** `bound` is as pg_get_expr prints it: `FOR VALUES FROM ('2026-11-26 00:00:00+00') TO (MAXVALUE)`. */
function partitionOf(table: string, name: string, bound: string): Partition {
  const match = /^FOR VALUES FROM \((.+)\) TO \((.+)\)$/.exec(bound)
  const fromMs = match ? timeOf(match[1]!) : Number.NEGATIVE_INFINITY
  const toMs = match ? timeOf(match[2]!) : Number.POSITIVE_INFINITY
  const day = dayOfPartition(table, name)
  const isOurs = day !== undefined && fromMs === day * DAY_MS && toMs === fromMs + DAY_MS
  return { name, isDefault: bound === 'DEFAULT', fromMs, toMs, day: isOurs ? day : undefined }
}

function timeOf(text: string): number {
  if (text === 'MINVALUE') return Number.NEGATIVE_INFINITY
  if (text === 'MAXVALUE') return Number.POSITIVE_INFINITY
  const match = /^'(\d{4,6})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d)(\.\d+)?\+00'$/.exec(text)
  if (match === null)
    return text.includes('BC') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const year = match[1]!.length === 4 ? match[1]! : `+${match[1]!.padStart(6, '0')}`
  return Date.parse(`${year}-${match[2]}-${match[3]}T${match[4]}${match[5] ?? ''}Z`)
}
