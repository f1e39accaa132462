import { type LogBatch, type LogCursor, Reader, resourceRange } from '#core'

/** Called at the places where a text of the batch begins something new. */
export interface BatchVisitor {
  /** A resource's first record is next; `index` counts the resources of the batch. */
  resource(row: LogCursor, index: number): void
  /** A scope's first record is next; `index` counts the scopes of the resource. */
  scope(row: LogCursor, index: number): void
  /** False: that is enough. `index` counts the records of the scope. */
  record(row: LogCursor, index: number): boolean
}

/** Goes through the selected records in order. Returns how many were visited. */
export function visitBatch(batch: LogBatch, visitor: BatchVisitor): number {
  const row = batch.cursor()
  let resource = -1
  let scope = -1
  const index = { resource: -1, scope: -1, record: -1 }
  for (let i = 0; i < batch.count; i++) {
    row.seek(batch.row(i))
    if (row.resourceIndex !== resource) {
      resource = row.resourceIndex
      index.scope = -1
      visitor.resource(row, ++index.resource)
    }
    if (row.scopeIndex !== scope) {
      scope = row.scopeIndex
      index.record = -1
      visitor.scope(row, ++index.scope)
    }
    if (!visitor.record(row, ++index.record)) return i + 1
  }
  return batch.count
}

/** Resources that have a selected record. */
export function countResources(batch: LogBatch): number {
  const seen = new Set<number>()
  for (let i = 0; i < batch.count; i++) {
    seen.add(batch.scopes.resource[batch.columns.scope[batch.row(i)]!]!)
  }
  return seen.size
}

export function resourceSchemaUrl({ batch, resourceIndex }: LogCursor): string {
  const { schemaUrlOffset, schemaUrlEnd } = batch.resources
  return batch.bytes.toString('utf8', schemaUrlOffset[resourceIndex], schemaUrlEnd[resourceIndex])
}

export function scopeSchemaUrl({ batch, scopeIndex }: LogCursor): string {
  const { schemaUrlOffset, schemaUrlEnd } = batch.scopes
  return batch.bytes.toString('utf8', schemaUrlOffset[scopeIndex], schemaUrlEnd[scopeIndex])
}

/** One entity that a resource refers to: EntityRef of the OTLP. */
export interface EntityRef {
  schemaUrl: string
  type: string
  readonly idKeys: string[]
  readonly descriptionKeys: string[]
}

/** Resource.entity_refs of the record's resource. */
export function entityRefs(row: LogCursor): EntityRef[] {
  const { bytes, offset, end } = resourceRange(row.batch, row.resourceIndex)
  const refs: EntityRef[] = []
  const reader = new Reader(bytes, offset, end)
  while (reader.pos < end) {
    const tag = reader.tag()
    if (tag !== 0x1a) {
      reader.skip(tag)
      continue
    }
    const stop = reader.lengthDelimited()
    refs.push(readEntityRef(bytes, reader.pos, stop))
    reader.pos = stop
  }
  return refs
}

function readEntityRef(bytes: Buffer, offset: number, end: number): EntityRef {
  const ref: EntityRef = { schemaUrl: '', type: '', idKeys: [], descriptionKeys: [] }
  const reader = new Reader(bytes, offset, end)
  while (reader.pos < end) {
    const tag = reader.tag()
    if ((tag & 7) !== 2) {
      reader.skip(tag)
      continue
    }
    const stop = reader.lengthDelimited()
    const text = bytes.toString('utf8', reader.pos, stop)
    reader.pos = stop
    if (tag === 0x0a) ref.schemaUrl = text
    else if (tag === 0x12) ref.type = text
    else if (tag === 0x1a) ref.idKeys.push(text)
    else if (tag === 0x22) ref.descriptionKeys.push(text)
  }
  return ref
}
