import { contextValue, type LogBatch } from '#core'
import type { Load } from './key-limits.ts'

const RESOURCE_PREFIX = 'resource.'
/** A longer value is cut: it is a mistake, and would be kept. */
const VALUE_CHARS_MAX = 200

/** What each value of the key brings in this batch. */
export function loadsOf(batch: LogBatch, keys: readonly string[]): Map<string, Load> {
  const ofResource = keys.some(key => key.startsWith(RESOURCE_PREFIX))
  if (!ofResource) {
    const key = keys.map(name => shortened(contextValue(batch.context, name))).join(',')
    return new Map([[key, { records: batch.count, bytes: bytesOf(batch) }]])
  }
  const loads = new Map<string, Load>()
  const row = batch.cursor()
  let resource = -1
  let load: Load = { records: 0, bytes: 0 }
  for (let i = 0; i < batch.count; i++) {
    row.seek(batch.row(i))
    if (row.resourceIndex !== resource) {
      resource = row.resourceIndex
      const key = keys.map(name => shortened(valueOf(batch, row, name))).join(',')
      load = loads.get(key) ?? { records: 0, bytes: 0 }
      loads.set(key, load)
    }
    load.records++
    load.bytes += row.columns.end[row.index]! - row.columns.offset[row.index]!
  }
  return loads
}

function valueOf(
  batch: LogBatch,
  row: ReturnType<LogBatch['cursor']>,
  name: string,
): string | undefined {
  if (!name.startsWith(RESOURCE_PREFIX)) return contextValue(batch.context, name)
  const value = row.resourceAttribute(name.slice(RESOURCE_PREFIX.length))
  if (typeof value === 'string') return value
  return typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : undefined
}

function shortened(value: string | undefined): string {
  return value === undefined ? '' : value.slice(0, VALUE_CHARS_MAX)
}

function bytesOf(batch: LogBatch): number {
  if (batch.isUntouched) return batch.bytes.length
  const row = batch.cursor()
  let bytes = 0
  for (let i = 0; i < batch.count; i++) {
    row.seek(batch.row(i))
    bytes += row.columns.end[row.index]! - row.columns.offset[row.index]!
  }
  return bytes
}
