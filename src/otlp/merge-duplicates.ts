import { Reader, WIRE_BYTES } from '../wire/reader.ts'
import { WireError } from '../wire/wire-error.ts'
import { Writer } from '../wire/writer.ts'
import { NESTING_DEPTH_MAX } from './check-any-value.ts'

/*
 * Protobuf lets a singular message field come more than once; the parts are then merged, which is
 * the same as parsing their concatenation (protobuf.dev/programming-guides/encoding, "last one
 * wins"). No SDK writes that, so the readers of a batch do not know of it: a request that has it is
 * first rewritten here into one that has every singular message once.
 */

/** For each field number that holds messages: which message, and whether it repeats. */
interface Shape {
  readonly name: string
  readonly oneof?: boolean
  readonly fields: Readonly<
    Record<number, { readonly shape: () => Shape; readonly repeated: boolean }>
  >
}

const anyValue: Shape = {
  name: 'AnyValue',
  oneof: true,
  fields: {
    5: { shape: () => arrayValue, repeated: false },
    6: { shape: () => keyValueList, repeated: false },
  },
}
const keyValue: Shape = {
  name: 'KeyValue',
  fields: { 2: { shape: () => anyValue, repeated: false } },
}
const arrayValue: Shape = {
  name: 'ArrayValue',
  fields: { 1: { shape: () => anyValue, repeated: true } },
}
const keyValueList: Shape = {
  name: 'KeyValueList',
  fields: { 1: { shape: () => keyValue, repeated: true } },
}
const resource: Shape = {
  name: 'Resource',
  fields: { 1: { shape: () => keyValue, repeated: true } },
}
const scope: Shape = { name: 'Scope', fields: { 3: { shape: () => keyValue, repeated: true } } }
const logRecord: Shape = {
  name: 'LogRecord',
  fields: {
    5: { shape: () => anyValue, repeated: false },
    6: { shape: () => keyValue, repeated: true },
  },
}
const scopeLogs: Shape = {
  name: 'ScopeLogs',
  fields: {
    1: { shape: () => scope, repeated: false },
    2: { shape: () => logRecord, repeated: true },
  },
}
const resourceLogs: Shape = {
  name: 'ResourceLogs',
  fields: {
    1: { shape: () => resource, repeated: false },
    2: { shape: () => scopeLogs, repeated: true },
  },
}
const logsData: Shape = {
  name: 'LogsData',
  fields: { 1: { shape: () => resourceLogs, repeated: true } },
}

/** LogRecord, ScopeLogs, ResourceLogs, LogsData and the AnyValue above the first nested one. */
const DEPTH_MAX = 2 * NESTING_DEPTH_MAX + 8
const ANY_VALUE_FIELD_MAX = 8

/**
 * Rewrites an ExportLogsServiceRequest so that no singular message field comes twice. Everything
 * else, unknown fields and broken records included, stays as it is. Throws WireError for faults
 * outside the records.
 */
export function mergeDuplicates(bytes: Buffer): Buffer {
  return rewrite(logsData, bytes, 0)
}

function rewrite(shape: Shape, bytes: Buffer, depth: number): Buffer {
  if (depth > DEPTH_MAX) throw new WireError('messages nest too deep', 0)
  if (shape.oneof) bytes = lastMember(bytes)
  const parts = new Map<number, Buffer>()
  const out = new Writer(bytes.length + 16)
  const reader = new Reader(bytes)
  while (reader.pos < bytes.length) {
    const start = reader.pos
    const tag = reader.tag()
    const field = (tag & 7) === WIRE_BYTES ? shape.fields[tag >>> 3] : undefined
    if (field === undefined) {
      reader.skip(tag)
      out.raw(bytes, start, reader.pos)
      continue
    }
    const end = reader.lengthDelimited()
    const payload = bytes.subarray(reader.pos, end)
    reader.pos = end
    if (field.repeated) out.lengthDelimited(tag, rewriteRecord(field.shape(), payload, depth + 1))
    else {
      const earlier = parts.get(tag)
      parts.set(tag, earlier === undefined ? payload : Buffer.concat([earlier, payload]))
    }
  }
  for (const [tag, payload] of parts) {
    const { shape: inner } = shape.fields[tag >>> 3]!
    out.lengthDelimited(tag, rewrite(inner(), payload, depth + 1))
  }
  return out.finish()
}

/** A broken record stays as it is: decoding rejects it, and it alone, with a reason. */
function rewriteRecord(shape: Shape, bytes: Buffer, depth: number): Buffer {
  if (shape !== logRecord) return rewrite(shape, bytes, depth)
  try {
    return rewrite(shape, bytes, depth)
  } catch (error) {
    if (error instanceof WireError) return bytes
    throw error
  }
}

/** Drops every oneof member but the last, joining the parts of a message that is set in a row. */
function lastMember(bytes: Buffer): Buffer {
  const reader = new Reader(bytes)
  let member = 0
  let kept: Buffer[] = []
  const others: Buffer[] = []
  while (reader.pos < bytes.length) {
    const start = reader.pos
    const tag = reader.tag()
    reader.skip(tag)
    const field = bytes.subarray(start, reader.pos)
    if (tag >>> 3 > ANY_VALUE_FIELD_MAX) others.push(field)
    else if (tag === member && anyValue.fields[tag >>> 3] !== undefined) kept.push(field)
    else {
      member = tag
      kept = [field]
    }
  }
  return Buffer.concat([...others, ...kept])
}
