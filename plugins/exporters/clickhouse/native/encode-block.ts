import type { LogBatch } from '#core'
import { writeLogAttributes } from './attribute-column.ts'
import { BlockWriter } from './block-writer.ts'
import {
  writeBodies,
  writeFlags,
  writeIds,
  writeSeverityNumbers,
  writeStrings,
  writeTimes,
} from './record-columns.ts'
import { type Rows, resolveRows } from './rows.ts'
import {
  encodeShared,
  type SharedScope,
  writeSharedMaps,
  writeSharedStrings,
} from './shared-columns.ts'

/** What one column needs beside the writer. */
interface Input {
  readonly rows: Rows
  readonly scopes: readonly (SharedScope | undefined)[]
  readonly fallbackNanos: bigint
  readonly side: BlockWriter
}

interface LogColumn {
  /** What the block declares; the server converts String to LowCardinality by itself. */
  readonly type: string
  write(out: BlockWriter, input: Input): void
}

const sharedString = (pick: (scope: SharedScope) => Buffer): LogColumn => ({
  type: 'String',
  write: (out, { rows, scopes }) => writeSharedStrings(out, rows, scopes, pick),
})

const sharedMap = (pick: (scope: SharedScope) => SharedScope['attributes']): LogColumn => ({
  type: 'Map(String, String)',
  write: (out, { rows, scopes }) => writeSharedMaps(out, rows, scopes, pick),
})

/** The columns of the Collector's `otel_logs` that are written, in its order. */
const LOG_COLUMNS = {
  Timestamp: {
    type: 'DateTime64(9)',
    write: (out, { rows, fallbackNanos }) => writeTimes(out, rows, fallbackNanos),
  },
  TraceId: { type: 'String', write: (out, { rows }) => writeIds(out, rows, 'traceIdOffset', 16) },
  SpanId: { type: 'String', write: (out, { rows }) => writeIds(out, rows, 'spanIdOffset', 8) },
  TraceFlags: { type: 'UInt8', write: (out, { rows }) => writeFlags(out, rows) },
  SeverityText: {
    type: 'String',
    write: (out, { rows }) => writeStrings(out, rows, 'severityTextOffset', 'severityTextEnd'),
  },
  SeverityNumber: { type: 'UInt8', write: (out, { rows }) => writeSeverityNumbers(out, rows) },
  ServiceName: sharedString(scope => scope.resource.serviceName),
  Body: { type: 'String', write: (out, { rows }) => writeBodies(out, rows) },
  ResourceSchemaUrl: sharedString(scope => scope.resource.schemaUrl),
  ResourceAttributes: sharedMap(scope => scope.resource.attributes),
  ScopeSchemaUrl: sharedString(scope => scope.schemaUrl),
  ScopeName: sharedString(scope => scope.name),
  ScopeVersion: sharedString(scope => scope.version),
  ScopeAttributes: sharedMap(scope => scope.attributes),
  LogAttributes: {
    type: 'Map(String, String)',
    write: (out, { rows, side }) => writeLogAttributes(out, rows, side),
  },
  EventName: {
    type: 'String',
    write: (out, { rows }) => writeStrings(out, rows, 'eventNameOffset', 'eventNameEnd'),
  },
} satisfies Record<string, LogColumn>

export type LogColumnName = keyof typeof LOG_COLUMNS

export const LOG_COLUMN_NAMES = Object.keys(LOG_COLUMNS) as readonly LogColumnName[]

export interface EncodeOptions {
  /** The columns to write; all by default. */
  readonly columns?: readonly LogColumnName[]
  /** Nanoseconds since the epoch for records that carry no time at all. */
  readonly fallbackNanos: bigint
  /** Memory to write into; grown when too small. Belongs to the encoder until it returns. */
  readonly scratch?: EncodeScratch
}

/** Buffers that may be used again once the block made in them has been sent. */
export interface EncodeScratch {
  block: Buffer
  values: Buffer
}

/**
 * Encodes the selected records of a batch as one Native block. The result lies in `scratch.block`
 * when a scratch is given, and MUST be sent before that is used again.
 */
export function encodeBlock(batch: LogBatch, options: EncodeOptions): Buffer {
  const { columns = LOG_COLUMN_NAMES, fallbackNanos, scratch } = options
  const rows = resolveRows(batch)
  const out = new BlockWriter(scratch?.block ?? Buffer.allocUnsafeSlow(rows.count * 1024 + 4096))
  const side = new BlockWriter(scratch?.values ?? Buffer.allocUnsafeSlow(rows.count * 256 + 1024))
  const scopes = encodeShared(batch, rows)
  const input: Input = { rows, scopes, fallbackNanos, side }
  out.varuint(columns.length)
  out.varuint(rows.count)
  for (const name of columns) {
    const column: LogColumn = LOG_COLUMNS[name]
    out.text(name)
    out.text(column.type)
    column.write(out, input)
  }
  if (scratch !== undefined) {
    scratch.block = out.bytes
    scratch.values = side.bytes
  }
  return out.finish()
}
