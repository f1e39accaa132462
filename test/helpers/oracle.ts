import assert from 'node:assert/strict'
import { type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf'
import { configureTextEncoding } from '@bufbuild/protobuf/wire'
import type { AnyValue } from '../../src/batch/any-value.ts'
import type { LogBatch } from '../../src/batch/log-batch.ts'
import type { LogCursor } from '../../src/batch/log-cursor.ts'
import type {
  KeyValue,
  AnyValue as OracleValue,
} from '../../src/gen/opentelemetry/proto/common/v1/common_pb.ts'
import {
  type LogRecord,
  LogRecordSchema,
  type LogsData,
  LogsDataSchema,
  type ResourceLogs,
  type ScopeLogs,
} from '../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts'

/*
 * What @bufbuild/protobuf reads out of the same bytes. It differs from us in two things on purpose:
 * it allows less nesting, and it refuses invalid UTF-8, which we keep byte for byte. Both are
 * lifted here.
 */
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
configureTextEncoding({
  encodeUtf8: text => encoder.encode(text) as Uint8Array<ArrayBuffer>,
  decodeUtf8: bytes => decoder.decode(bytes),
  checkUtf8: () => true,
})

export function oracleLogs(bytes: Uint8Array): LogsData {
  return fromBinary(LogsDataSchema, bytes, { recursionLimit: 400 })
}

export interface OracleRow {
  readonly resource: ResourceLogs
  readonly scope: ScopeLogs
  readonly record: LogRecord
}

export function oracleRows(logs: LogsData): OracleRow[] {
  return logs.resourceLogs.flatMap(resource =>
    resource.scopeLogs.flatMap(scope =>
      scope.logRecords.map(record => ({ resource, scope, record })),
    ),
  )
}

/** Throws when a batch reads differently from what the oracle reads in the same bytes. */
export function assertReadsAs(batch: LogBatch, logs: LogsData): void {
  const rows = oracleRows(logs)
  assert.equal(batch.count, rows.length)
  const cursor = batch.cursor()
  for (const [i, row] of rows.entries()) {
    cursor.seek(batch.row(i))
    assert.deepStrictEqual(columnsOf(cursor), columnsOfOracle(row))
    const { bytes, columns, index } = cursor
    const own = bytes.subarray(columns.offset[index], columns.end[index])
    assertSame(
      LogRecordSchema,
      fromBinary(LogRecordSchema, own, { recursionLimit: 400 }),
      row.record,
    )
  }
}

/** Throws unless two messages are equal, in every field, known or not. */
export function assertSame<Desc extends DescMessage>(
  schema: Desc,
  actual: Parameters<typeof toBinary<Desc>>[1],
  expected: Parameters<typeof toBinary<Desc>>[1],
): void {
  assert.deepStrictEqual(
    Buffer.from(toBinary(schema, actual)).toString('hex'),
    Buffer.from(toBinary(schema, expected)).toString('hex'),
  )
}

function columnsOf(row: LogCursor): Record<string, unknown> {
  const { batch, scopeIndex, resourceIndex } = row
  const { scopes, resources } = batch
  const text = (offset: number, end: number): string => batch.bytes.toString('utf8', offset, end)
  return {
    time: row.timeUnixNano(),
    observed: row.observedTimeUnixNano(),
    severityNumber: row.severityNumber(),
    severityText: row.severityText(),
    body: plain(row.body()),
    attributes: plain(row.attributes()),
    attributesCount: row.columns.attributesCount[row.index],
    flags: row.flags(),
    traceId: row.traceId(),
    spanId: row.spanId(),
    eventName: row.eventName(),
    resource: plain(row.resourceAttributes()),
    resourceUrl: text(
      resources.schemaUrlOffset[resourceIndex]!,
      resources.schemaUrlEnd[resourceIndex]!,
    ),
    scope: plain(row.scopeAttributes()),
    scopeUrl: text(scopes.schemaUrlOffset[scopeIndex]!, scopes.schemaUrlEnd[scopeIndex]!),
  }
}

function columnsOfOracle({ resource, scope, record }: OracleRow): Record<string, unknown> {
  return {
    time: record.timeUnixNano,
    observed: record.observedTimeUnixNano,
    severityNumber: record.severityNumber,
    severityText: record.severityText,
    body: oracleValue(record.body),
    attributes: oracleMap(record.attributes),
    attributesCount: record.attributes.length,
    flags: record.flags,
    traceId: Buffer.from(record.traceId).toString('hex'),
    spanId: Buffer.from(record.spanId).toString('hex'),
    eventName: record.eventName,
    resource: oracleMap(resource.resource?.attributes ?? []),
    resourceUrl: resource.schemaUrl,
    scope: oracleMap(scope.scope?.attributes ?? []),
    scopeUrl: scope.schemaUrl,
  }
}

/** Bytes as hex in a wrapper, so that buffers of any kind compare. */
function plain(value: AnyValue): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') }
  if (Array.isArray(value)) return value.map(plain)
  return value instanceof Map ? new Map([...value].map(([key, v]) => [key, plain(v)])) : value
}

export function oracleValue(value: OracleValue | undefined): unknown {
  const member = value?.value ?? { case: undefined }
  switch (member.case) {
    case undefined:
    case 'stringValueStrindex':
      return undefined
    case 'arrayValue':
      return member.value.values.map(oracleValue)
    case 'kvlistValue':
      return oracleMap(member.value.values)
    case 'bytesValue':
      return { bytes: Buffer.from(member.value).toString('hex') }
    default:
      return member.value
  }
}

function oracleMap(values: readonly KeyValue[]): Map<string, unknown> {
  return new Map(values.map(({ key, value }) => [key, oracleValue(value)]))
}

export { plain as plainValue }
