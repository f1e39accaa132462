import {
  createLogColumns,
  createResourceTable,
  createScopeTable,
  type LogColumns,
  type ResourceTable,
  type ScopeTable,
} from '../batch/columns.ts'
import { Reader } from '../wire/reader.ts'
import { WireError } from '../wire/wire-error.ts'
import { checkResource, checkScope } from './check-envelope.ts'
import { type ScanTarget, scanLogRecord, scanTarget } from './scan-log-record.ts'
import type { Counts } from './survey-request.ts'

/** What a scan reads, and the columns and tables that it fills. */
export interface RequestTarget extends ScanTarget {
  readonly resources: ResourceTable
  readonly scopes: ScopeTable
}

/** Zeroed columns and tables over `bytes`, for as much as was counted there. */
export function requestTarget(bytes: Buffer, counted: Counts): RequestTarget {
  return {
    ...scanTarget(bytes, createLogColumns(counted.records)),
    resources: createResourceTable(counted.resources),
    scopes: createScopeTable(counted.scopes),
  }
}

/** One walk over the envelopes of a request, filling columns and tables. */
export class RequestScan {
  readonly target: RequestTarget
  readonly #columns: LogColumns
  /** The scan before duplicates were merged, whose verdicts stand. */
  readonly #earlier: RequestScan | undefined
  /** Rows that cannot be read, and why the first of them cannot. */
  readonly rejected = new Set<number>()
  rejectedReason: string
  /** A message comes twice that must be merged first. */
  duplicated = false
  #resource: number
  #scope: number
  #row: number

  /** `before`: what lies in the target already, of other requests. */
  constructor(target: RequestTarget, before: Counts, earlier?: RequestScan) {
    this.target = target
    this.#columns = target.columns
    this.#resource = before.resources
    this.#scope = before.scopes
    this.#row = before.records
    this.#earlier = earlier
    this.rejectedReason = earlier?.rejectedReason ?? ''
  }

  /**
   * Scans `bytes[offset..end]`, which MUST have been surveyed. Throws WireError for a fault outside
   * the records.
   */
  request(offset: number, end: number): void {
    const reader = new Reader(this.target.bytes, offset, end)
    while (reader.pos < end) {
      const tag = reader.tag()
      if (tag !== 0x0a) {
        reader.skip(tag)
        continue
      }
      const stop = reader.lengthDelimited()
      this.#resourceLogs(reader.pos, stop)
      reader.pos = stop
    }
  }

  #resourceLogs(offset: number, end: number): void {
    const index = this.#resource++
    const table = this.target.resources
    table.offset[index] = offset
    table.end[index] = end
    const reader = new Reader(this.target.bytes, offset, end)
    while (reader.pos < end) {
      const tag = reader.tag()
      if (tag === 0x0a) {
        table.resourceEnd[index] = reader.lengthDelimited()
        table.resourceOffset[index] = reader.pos
        const stop = table.resourceEnd[index]!
        if (checkResource(reader.bytes as Buffer, reader.pos, stop)) this.duplicated = true
        reader.pos = stop
      } else if (tag === 0x12) {
        const stop = reader.lengthDelimited()
        this.#scopeLogs(index, reader.pos, stop)
        reader.pos = stop
      } else if (tag === 0x1a) {
        table.schemaUrlEnd[index] = reader.lengthDelimited()
        table.schemaUrlOffset[index] = reader.pos
        reader.pos = table.schemaUrlEnd[index]!
      } else reader.skip(tag)
    }
  }

  #scopeLogs(resource: number, offset: number, end: number): void {
    const index = this.#scope++
    const table = this.target.scopes
    table.resource[index] = resource
    table.offset[index] = offset
    table.end[index] = end
    const reader = new Reader(this.target.bytes, offset, end)
    while (reader.pos < end) {
      const start = reader.pos
      const tag = reader.tag()
      if (tag === 0x12) {
        const stop = reader.lengthDelimited()
        this.#record(index, start, reader.pos, stop)
        reader.pos = stop
      } else if (tag === 0x0a) {
        table.scopeEnd[index] = reader.lengthDelimited()
        table.scopeOffset[index] = reader.pos
        const stop = table.scopeEnd[index]!
        if (checkScope(reader.bytes as Buffer, reader.pos, stop)) this.duplicated = true
        reader.pos = stop
      } else if (tag === 0x1a) {
        table.schemaUrlEnd[index] = reader.lengthDelimited()
        table.schemaUrlOffset[index] = reader.pos
        reader.pos = table.schemaUrlEnd[index]!
      } else reader.skip(tag)
    }
  }

  #record(scope: number, start: number, offset: number, end: number): void {
    const row = this.#row++
    this.#columns.scope[row] = scope
    this.#columns.start[row] = start
    if (this.#earlier?.rejected.has(row)) {
      this.rejected.add(row)
      return
    }
    try {
      if (!scanLogRecord(this.target, row, offset, end)) return
      this.duplicated = true
      // What could not be merged must not get through unmerged.
      if (this.#earlier) throw new WireError('one field comes in too many parts', offset)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.rejected.add(row)
      this.rejectedReason ||= error.within(`log_records[${row}]`).message
    }
  }
}
