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
import { Reader } from '../wire/reader.ts'
import { WireError } from '../wire/wire-error.ts'
import { checkResource, checkScope } from './check-envelope.ts'
import { mergeDuplicates } from './merge-duplicates.ts'
import { type ScanTarget, scanLogRecord, scanTarget } from './scan-log-record.ts'
import { surveyRequest } from './survey-request.ts'

export interface DecodedLogs {
  /** The good records. */
  readonly batch: LogBatch
  /** Records that could not be read; they are not in the batch. */
  readonly rejectedCount: number
  /** Why the first of them was rejected; '' when none was. */
  readonly rejectedReason: string
}

/**
 * Reads an ExportLogsServiceRequest (or LogsData: the same bytes) into columns over `bytes`, which
 * MUST NOT change afterwards. A record with a fault inside is rejected alone; a fault outside the
 * records (a length past the end, a broken Resource) throws WireError for the whole request.
 */
export function decodeLogs(bytes: Buffer, context: BatchContext): DecodedLogs {
  const first = passOver(bytes, context)
  if (!first.pass.duplicated) return first.pass.decoded(first.batch)
  // Faults are those of the bytes that came in: merging may drop a broken value that is overruled.
  const second = passOver(mergeDuplicates(bytes), context, first.pass)
  return second.pass.decoded(second.batch)
}

function passOver(
  bytes: Buffer,
  context: BatchContext,
  earlier?: Pass,
): { pass: Pass; batch: LogBatch } {
  const survey = surveyRequest(bytes)
  const parts = {
    bytes,
    context,
    columns: createLogColumns(survey.records),
    resources: createResourceTable(survey.resources),
    scopes: createScopeTable(survey.scopes),
  }
  const pass = new Pass(scanTarget(bytes, parts.columns), parts.resources, parts.scopes, earlier)
  if (survey.duplicated) pass.duplicated = true
  pass.request()
  return { pass, batch: new LogBatch(parts) }
}

/** One walk over the envelopes, filling tables and columns. */
class Pass {
  readonly #target: ScanTarget
  readonly #columns: LogColumns
  readonly #resources: ResourceTable
  readonly #scopes: ScopeTable
  /** The pass before duplicates were merged, whose verdicts stand. */
  readonly #earlier: Pass | undefined
  readonly rejected = new Set<number>()
  rejectedReason = ''
  /** A message comes twice that must be merged first. */
  duplicated = false
  #resource = 0
  #scope = 0
  #row = 0

  constructor(target: ScanTarget, resources: ResourceTable, scopes: ScopeTable, earlier?: Pass) {
    this.#target = target
    this.#columns = target.columns
    this.#resources = resources
    this.#scopes = scopes
    this.#earlier = earlier
    this.rejectedReason = earlier?.rejectedReason ?? ''
  }

  /** The outcome: the batch without the rejected records. */
  decoded(batch: LogBatch): DecodedLogs {
    const rejected = this.rejected
    const rejectedCount = rejected.size
    if (rejectedCount === 0) return { batch, rejectedCount, rejectedReason: '' }
    const rows = Uint32Array.from({ length: batch.columns.count }, (_, row) => row)
    const selection = rows.filter(row => !rejected.has(row))
    return { batch: batch.with({ selection }), rejectedCount, rejectedReason: this.rejectedReason }
  }

  request(): void {
    const reader = new Reader(this.#target.bytes)
    while (reader.pos < reader.end) {
      const tag = reader.tag()
      if (tag !== 0x0a) {
        reader.skip(tag)
        continue
      }
      const end = reader.lengthDelimited()
      this.#resourceLogs(reader.pos, end)
      reader.pos = end
    }
  }

  #resourceLogs(offset: number, end: number): void {
    const index = this.#resource++
    const table = this.#resources
    table.offset[index] = offset
    table.end[index] = end
    const reader = new Reader(this.#target.bytes, offset, end)
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
    const table = this.#scopes
    table.resource[index] = resource
    table.offset[index] = offset
    table.end[index] = end
    const reader = new Reader(this.#target.bytes, offset, end)
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
      if (!scanLogRecord(this.#target, row, offset, end)) return
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
