import type { BatchContext } from '../batch/batch.ts'
import {
  createLogColumns,
  createResourceTable,
  createScopeTable,
  type LogColumns,
  type ResourceTable,
  type ScopeTable,
} from '../batch/columns.ts'
import { LogBatch } from '../batch/log-batch.ts'
import { decodeLogs } from './decode-logs.ts'
import { encodeLogs } from './encode-logs.ts'

/**
 * One batch with all records of several, in order. Two encoded requests one behind the other are
 * one request, so bytes are joined and columns shifted; nothing is decoded again unless a processor
 * has changed the batch. The result has no origin: the caller names it. Throws when a
 * processor has made something that cannot be read: it would spoil the others' records.
 */
export function mergeLogs(batches: readonly LogBatch[], context: BatchContext): LogBatch {
  const plain = batches.map(batch => (batch.isUntouched ? batch : decodedAgain(batch)))
  const total = { records: 0, resources: 0, scopes: 0 }
  for (const batch of plain) {
    total.records += batch.columns.count
    total.resources += batch.resources.count
    total.scopes += batch.scopes.count
  }
  const columns = createLogColumns(total.records)
  const resources = createResourceTable(total.resources)
  const scopes = createScopeTable(total.scopes)
  const at = { bytes: 0, record: 0, resource: 0, scope: 0 }
  for (const batch of plain) {
    copyTable(batch.resources, resources, at.resource, at.bytes, RESOURCE_RANGES)
    copyTable(batch.scopes, scopes, at.scope, at.bytes, SCOPE_RANGES)
    shiftIndexes(batch.scopes.resource, scopes.resource, at.scope, at.resource)
    copyTable(batch.columns, columns, at.record, at.bytes, LOG_RANGES)
    shiftIndexes(batch.columns.scope, columns.scope, at.record, at.scope)
    for (const name of LOG_VALUES) columns[name].set(batch.columns[name], at.record)
    at.bytes += batch.bytes.length
    at.record += batch.columns.count
    at.resource += batch.resources.count
    at.scope += batch.scopes.count
  }
  const bytes = Buffer.concat(plain.map(batch => batch.bytes))
  return new LogBatch({ bytes, columns, resources, scopes, context })
}

function decodedAgain(batch: LogBatch): LogBatch {
  const decoded = decodeLogs(encodeLogs(batch), batch.context)
  if (decoded.rejectedCount === 0) return decoded.batch
  throw new Error(`a processor has made a record that cannot be read: ${decoded.rejectedReason}`)
}

type NameOf<Table> = Exclude<keyof Table, 'count'>

/** Columns that hold byte offsets; 0 stays 0, for "absent". */
const RESOURCE_RANGES: readonly NameOf<ResourceTable>[] = [
  'offset',
  'end',
  'resourceOffset',
  'resourceEnd',
  'schemaUrlOffset',
  'schemaUrlEnd',
]
const SCOPE_RANGES: readonly NameOf<ScopeTable>[] = [
  'offset',
  'end',
  'scopeOffset',
  'scopeEnd',
  'schemaUrlOffset',
  'schemaUrlEnd',
]
const LOG_RANGES: readonly Exclude<NameOf<LogColumns>, 'severityNumber'>[] = [
  'start',
  'offset',
  'end',
  'severityTextOffset',
  'severityTextEnd',
  'bodyOffset',
  'bodyEnd',
  'attributesOffset',
  'attributesEnd',
  'traceIdOffset',
  'spanIdOffset',
  'eventNameOffset',
  'eventNameEnd',
]
const LOG_VALUES: readonly NameOf<LogColumns>[] = [
  'timeLow',
  'timeHigh',
  'observedTimeLow',
  'observedTimeHigh',
  'severityNumber',
  'attributesCount',
  'flags',
]

function copyTable<Name extends string>(
  from: Readonly<Record<Name, Uint32Array>>,
  to: Readonly<Record<Name, Uint32Array>>,
  index: number,
  bytes: number,
  ranges: readonly Name[],
): void {
  for (const name of ranges) shiftOffsets(from[name], to[name], index, bytes)
}

/** Copies offsets into `to` at `index`, moved by `by`; 0 means absent and stays 0. */
function shiftOffsets(from: Uint32Array, to: Uint32Array, index: number, by: number): void {
  for (let i = 0; i < from.length; i++) to[index + i] = from[i] === 0 ? 0 : from[i]! + by
}

/** Copies table indexes into `to` at `index`, moved by `by`. */
function shiftIndexes(from: Uint32Array, to: Uint32Array, index: number, by: number): void {
  for (let i = 0; i < from.length; i++) to[index + i] = from[i]! + by
}
