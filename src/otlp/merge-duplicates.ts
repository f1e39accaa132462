import { Reader, WIRE_BYTES } from '../wire/reader.ts'
import { WireError } from '../wire/wire-error.ts'
import { Writer } from '../wire/writer.ts'
import { NESTING_DEPTH_MAX, VALUE_WIRE_TYPES } from './check-any-value.ts'

/*
 * Protobuf lets a singular message field come more than once; the parts are then merged, which is
 * the same as parsing their concatenation (protobuf.dev/programming-guides/encoding, "last one
 * wins"). No SDK writes that, so the readers of a batch do not know of it: a request that has it is
 * first rewritten here into one that has every singular message once.
 */

/** For each field number that holds messages: which message, and whether it repeats. */
interface Shape {
  readonly oneof?: boolean
  readonly fields: Readonly<
    Record<number, { readonly shape: () => Shape; readonly repeated: boolean }>
  >
}

const anyValue: Shape = {
  oneof: true,
  fields: {
    5: { shape: () => arrayValue, repeated: false },
    6: { shape: () => keyValueList, repeated: false },
  },
}
const keyValue: Shape = {
  fields: { 2: { shape: () => anyValue, repeated: false } },
}
const arrayValue: Shape = {
  fields: { 1: { shape: () => anyValue, repeated: true } },
}
const keyValueList: Shape = {
  fields: { 1: { shape: () => keyValue, repeated: true } },
}
const resource: Shape = {
  fields: { 1: { shape: () => keyValue, repeated: true } },
}
const scope: Shape = { fields: { 3: { shape: () => keyValue, repeated: true } } }
const logRecord: Shape = {
  fields: {
    5: { shape: () => anyValue, repeated: false },
    6: { shape: () => keyValue, repeated: true },
  },
}
const scopeLogs: Shape = {
  fields: {
    1: { shape: () => scope, repeated: false },
    2: { shape: () => logRecord, repeated: true },
  },
}
const resourceLogs: Shape = {
  fields: {
    1: { shape: () => resource, repeated: false },
    2: { shape: () => scopeLogs, repeated: true },
  },
}
const logsData: Shape = {
  fields: { 1: { shape: () => resourceLogs, repeated: true } },
}

/**
 * LogsData to AnyValue are five messages, and each level of a KeyValueList is three more: the list,
 * its KeyValue, the value.
 */
const DEPTH_MAX = 3 * NESTING_DEPTH_MAX + 8

/** The most parts of one singular message: no encoder writes two. Keeps a hostile request small. */
export const PARTS_MAX = 1000

/** Bytes kept for the length of a rewritten message, so that it need not be moved: at most 2 GiB. */
const LENGTH_BYTES = 5

/**
 * Rewrites an ExportLogsServiceRequest so that no singular message field comes twice. Everything
 * else, unknown fields and broken records included, stays as it is; lengths are written longer than
 * they need to be, which protobuf allows. Throws WireError for faults outside the records.
 */
export function mergeDuplicates(bytes: Buffer): Buffer {
  const out = new Writer(bytes.length + (bytes.length >>> 1) + 64)
  rewrite(logsData, bytes, [0, bytes.length], out, 0)
  return out.finish()
}

/** Parts of one message, as `from, to, from, to, ...`: they are read as if they were joined. */
type Parts = number[]

function rewrite(shape: Shape, bytes: Buffer, parts: Parts, out: Writer, depth: number): void {
  if (depth > DEPTH_MAX) throw new WireError('messages nest too deep', parts[0] ?? 0)
  const kept = shape.oneof ? lastMember(bytes, parts) : NO_MEMBER
  const singles = new Map<number, Parts>()
  eachField(bytes, parts, (tag, start, payload, end) => {
    const isOverruled = tag !== kept.tag || start < kept.start
    if (shape.oneof && isMember(tag) && isOverruled) return
    const field = (tag & 7) === WIRE_BYTES ? shape.fields[tag >>> 3] : undefined
    if (field === undefined) out.raw(bytes, start, end)
    else if (field.repeated) {
      nested(out, tag, () => rewriteElement(field.shape(), bytes, [payload, end], out, depth + 1))
    } else addPart(singles, tag, payload, end)
  })
  for (const [tag, single] of singles) {
    const inner = shape.fields[tag >>> 3]!.shape()
    nested(out, tag, () => rewrite(inner, bytes, single, out, depth + 1))
  }
}

/** A broken record stays as it is: decoding rejects it, and it alone, with a reason. */
function rewriteElement(
  shape: Shape,
  bytes: Buffer,
  parts: Parts,
  out: Writer,
  depth: number,
): void {
  const mark = out.pos
  try {
    rewrite(shape, bytes, parts, out, depth)
  } catch (error) {
    if (shape !== logRecord || !(error instanceof WireError)) throw error
    out.pos = mark
    out.raw(bytes, parts[0], parts[1])
  }
}

function addPart(singles: Map<number, Parts>, tag: number, from: number, to: number): void {
  const parts = singles.get(tag)
  if (parts === undefined) singles.set(tag, [from, to])
  // An empty part adds nothing, but the first one says that the message is there.
  else if (from < to) {
    if (parts.length >= 2 * PARTS_MAX) {
      throw new WireError(`one message comes in more than ${PARTS_MAX} parts`, from)
    }
    parts.push(from, to)
  }
}

interface Member {
  readonly tag: number
  /** Where the last run of this member begins: what stands before it is overruled. */
  readonly start: number
}

const NO_MEMBER: Member = { tag: -1, start: 0 }

/**
 * The oneof member that counts: the last one. A message that is set several times in a row is
 * merged, so the run begins at the first of these; of any other kind only the last counts.
 */
function lastMember(bytes: Buffer, parts: Parts): Member {
  let last = NO_MEMBER
  eachField(bytes, parts, (tag, start) => {
    if (!isMember(tag)) return
    const isMessage = anyValue.fields[tag >>> 3] !== undefined
    if (tag !== last.tag || !isMessage) last = { tag, start }
  })
  return last
}

/** A member with a wrong wire type is none: it stays, and decoding rejects it. */
function isMember(tag: number): boolean {
  return VALUE_WIRE_TYPES[tag >>> 3] === (tag & 7)
}

type Visit = (tag: number, start: number, payload: number, end: number) => void

/** Visits every field: where its tag, its length-delimited payload and the next field begin. */
function eachField(bytes: Buffer, parts: Parts, visit: Visit): void {
  for (let i = 0; i < parts.length; i += 2) {
    const reader = new Reader(bytes, parts[i], parts[i + 1])
    while (reader.pos < reader.end) {
      const start = reader.pos
      const tag = reader.tag()
      let payload = start
      if ((tag & 7) === WIRE_BYTES) {
        const end = reader.lengthDelimited()
        payload = reader.pos
        reader.pos = end
      } else reader.skip(tag)
      visit(tag, start, payload, reader.pos)
    }
  }
}

/** Writes a message field whose length always takes LENGTH_BYTES. */
function nested(out: Writer, tag: number, write: () => void): void {
  out.varint(tag)
  out.reserve(LENGTH_BYTES)
  const start = out.pos
  out.pos += LENGTH_BYTES
  write()
  let length = out.pos - start - LENGTH_BYTES
  for (let i = 0; i < LENGTH_BYTES; i++) {
    out.bytes[start + i] = (length & 0x7f) | (i < LENGTH_BYTES - 1 ? 0x80 : 0)
    length >>>= 7
  }
}
