import { AttributeWalk, type LogBatch, Reader, resourceRange } from '#core'
import { BlockWriter, type Source, sourceOf } from './block-writer.ts'
import type { Rows } from './rows.ts'
import { writeValueText } from './value-text.ts'

/*
 * The columns that records share with their resource or scope. Every value is encoded once per
 * resource or scope, and then copied over whole runs of records.
 */

const RESOURCE_ATTRIBUTES = 1
const SCOPE_NAME = 0x0a
const SCOPE_VERSION = 0x12
const SCOPE_ATTRIBUTES = 3
const SERVICE_NAME = Buffer.from('service.name')
const EMPTY = Buffer.of(0)

/** A Map column's value: how many pairs, and their keys and values as Strings. */
interface Pairs {
  readonly count: number
  readonly keys: Buffer
  readonly values: Buffer
}

interface SharedResource {
  readonly serviceName: Buffer
  readonly schemaUrl: Buffer
  readonly attributes: Pairs
}

export interface SharedScope {
  readonly resource: SharedResource
  readonly name: Buffer
  readonly version: Buffer
  readonly schemaUrl: Buffer
  readonly attributes: Pairs
}

/** Encodes the resources and scopes that the rows use; an entry of another scope is undefined. */
export function encodeShared(batch: LogBatch, rows: Rows): (SharedScope | undefined)[] {
  const base = rows.base
  const resources: (SharedResource | undefined)[] = []
  const scopes: (SharedScope | undefined)[] = []
  for (let run = 0; run < rows.runCount; run++) {
    const index = rows.runScope[run]!
    if (scopes[index] !== undefined) continue
    const resource = batch.scopes.resource[index]!
    resources[resource] ??= encodeResource(batch, base, resource)
    scopes[index] = encodeScope(batch, base, index, resources[resource])
  }
  return scopes
}

/** Writes a String column out of the scopes. */
export function writeSharedStrings(
  out: BlockWriter,
  rows: Rows,
  scopes: readonly (SharedScope | undefined)[],
  pick: (scope: SharedScope) => Buffer,
): void {
  for (let run = 0; run < rows.runCount; run++) {
    out.repeat(pick(scopes[rows.runScope[run]!]!), rows.runLength[run]!)
  }
}

/** Writes a Map(String, String) column out of the scopes. */
export function writeSharedMaps(
  out: BlockWriter,
  rows: Rows,
  scopes: readonly (SharedScope | undefined)[],
  pick: (scope: SharedScope) => Pairs,
): void {
  out.reserve(rows.count * 8)
  let total = 0
  for (let run = 0; run < rows.runCount; run++) {
    const { count } = pick(scopes[rows.runScope[run]!]!)
    for (let i = 0; i < rows.runLength[run]!; i++, out.pos += 8) {
      total += count
      out.view.setUint32(out.pos, total, true)
      out.view.setUint32(out.pos + 4, Math.floor(total / 2 ** 32), true)
    }
  }
  writeSharedStrings(out, rows, scopes, scope => pick(scope).keys)
  writeSharedStrings(out, rows, scopes, scope => pick(scope).values)
}

function encodeResource(batch: LogBatch, base: Source, index: number): SharedResource {
  const { bytes, offset, end } = resourceRange(batch, index)
  const source = bytes === base.bytes ? base : sourceOf(bytes)
  const { schemaUrlOffset, schemaUrlEnd } = batch.resources
  return {
    serviceName: encodeServiceName(source, offset, end),
    schemaUrl: encodeString(base, schemaUrlOffset[index]!, schemaUrlEnd[index]!),
    attributes: encodePairs(source, offset, end, RESOURCE_ATTRIBUTES),
  }
}

function encodeScope(
  batch: LogBatch,
  base: Source,
  index: number,
  resource: SharedResource,
): SharedScope {
  const { scopeOffset, scopeEnd, schemaUrlOffset, schemaUrlEnd } = batch.scopes
  const offset = scopeOffset[index]!
  const end = scopeEnd[index]!
  return {
    resource,
    name: encodeField(base, offset, end, SCOPE_NAME),
    version: encodeField(base, offset, end, SCOPE_VERSION),
    schemaUrl: encodeString(base, schemaUrlOffset[index]!, schemaUrlEnd[index]!),
    attributes: encodePairs(base, offset, end, SCOPE_ATTRIBUTES),
  }
}

function encodePairs(source: Source, offset: number, end: number, field: number): Pairs {
  const keys = new BlockWriter(Buffer.allocUnsafe(end - offset + 64))
  const values = new BlockWriter(Buffer.allocUnsafe(end - offset + 64))
  const walk = new AttributeWalk(source.bytes, offset, end, field)
  let count = 0
  while (walk.next()) {
    keys.string(source, walk.keyOffset, walk.keyEnd)
    writeValueText(values, source, walk.valueOffset, walk.valueEnd)
    count++
  }
  return { count, keys: keys.finish(), values: values.finish() }
}

/** The text of `service.name`, as everywhere the last one when it is given twice; '' when absent. */
function encodeServiceName(source: Source, offset: number, end: number): Buffer {
  const out = new BlockWriter(Buffer.allocUnsafe(64))
  const walk = new AttributeWalk(source.bytes, offset, end, RESOURCE_ATTRIBUTES)
  while (walk.next()) {
    if (!walk.keyEquals(SERVICE_NAME)) continue
    out.pos = 0
    writeValueText(out, source, walk.valueOffset, walk.valueEnd)
  }
  return out.pos === 0 ? EMPTY : out.finish()
}

/** The string field with this tag in a message; protobuf keeps the last one. */
function encodeField(source: Source, offset: number, end: number, tag: number): Buffer {
  const reader = new Reader(source.bytes, offset, end)
  let from = 0
  let to = 0
  while (reader.pos < end) {
    const found = reader.tag()
    if (found === tag) {
      to = reader.lengthDelimited()
      from = reader.pos
      reader.pos = to
    } else reader.skip(found)
  }
  return encodeString(source, from, to)
}

function encodeString(source: Source, from: number, to: number): Buffer {
  if (from === to) return EMPTY
  const out = new BlockWriter(Buffer.allocUnsafe(to - from + 5))
  out.string(source, from, to)
  return out.finish()
}
