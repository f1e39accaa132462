import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { LogsDataSchema } from '../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts'

/*
 * The rules of the wire as we enforce them, written a second time, slowly and over the descriptors:
 * @bufbuild/protobuf takes a lot that is not protobuf, such as a known field with another wire type
 * or a nested message that runs past the end of its parent.
 */

export interface Verdict {
  /** Why the whole request is bad, or undefined. */
  readonly fault: string | undefined
  /** Rows that are bad, counted over all records of the request. */
  readonly badRows: readonly number[]
}

/** Says which records of an ExportLogsServiceRequest are to be rejected, or that all of it is. */
export function strictVerdict(bytes: Buffer): Verdict {
  const badRows: number[] = []
  const check = new Check(badRows)
  try {
    check.message(LogsDataSchema, bytes, 0, bytes.length)
    return { fault: undefined, badRows }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { fault: error.message, badRows }
  }
}

class Fault extends Error {}

class Check {
  readonly #badRows: number[]
  #row = 0

  constructor(badRows: number[]) {
    this.#badRows = badRows
  }

  message(desc: DescMessage, bytes: Buffer, from: number, end: number): void {
    let pos = from
    while (pos < end) {
      const at = pos
      const [tag, afterTag] = varint(bytes, pos, end)
      if (afterTag - at > 5 || tag >= 2n ** 32n) throw new Fault(`tag at ${at}`)
      const field = desc.fields.find(({ number }) => number === Number(tag >> 3n))
      const wireType = Number(tag & 7n)
      if (field !== undefined) {
        if (wireType !== wireTypeOf(field)) throw new Fault(`wire type of ${field.name} at ${at}`)
        // Only inside a record is the tag of a known field read as one byte.
        if (desc.name === 'LogRecord' && field.number !== 7 && afterTag - at > 1) {
          throw new Fault(`long tag at ${at}`)
        }
        if (desc.name === 'LogRecord' && field.number === 7 && afterTag - at > 5) {
          throw new Fault(`long tag at ${at}`)
        }
      }
      pos = skip(bytes, afterTag, end, Number(tag >> 3n), wireType, 0)
      if (field !== undefined && wireType === 2) this.#payload(field, bytes, afterTag, pos)
    }
  }

  #payload(field: DescField, bytes: Buffer, at: number, end: number): void {
    const [, from] = varint(bytes, at, end)
    const size = { trace_id: 16, span_id: 8 }[field.name]
    if (size !== undefined && end !== from && end - from !== size) throw new Fault(`id at ${at}`)
    if (field.message === undefined) return
    if (field.message.name !== 'LogRecord') {
      this.message(field.message, bytes, from, end)
      return
    }
    const row = this.#row++
    try {
      this.message(field.message, bytes, from, end)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.#badRows.push(row)
    }
  }
}

function wireTypeOf(field: DescField): number {
  if (field.message !== undefined) return 2
  if (field.enum !== undefined) return 0
  const scalar =
    field.fieldKind === 'list' ? field.listKind === 'scalar' && field.scalar : field.scalar
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return 2
    case ScalarType.FIXED64:
    case ScalarType.DOUBLE:
      return 1
    case ScalarType.FIXED32:
      return 5
    default:
      return 0
  }
}

function varint(bytes: Buffer, from: number, end: number): [bigint, number] {
  let value = 0n
  for (let i = 0; i < 10; i++) {
    if (from + i >= end) throw new Fault(`varint cut short at ${from}`)
    const byte = bytes[from + i]!
    value |= BigInt(byte & 0x7f) << BigInt(7 * i)
    if (byte < 0x80) return [BigInt.asUintN(64, value), from + i + 1]
  }
  throw new Fault(`varint too long at ${from}`)
}

function skip(
  bytes: Buffer,
  pos: number,
  end: number,
  field: number,
  wireType: number,
  depth: number,
): number {
  if (field === 0) throw new Fault(`field 0 at ${pos}`)
  switch (wireType) {
    case 0:
      return varint(bytes, pos, end)[1]
    case 1:
    case 5: {
      const stop = pos + (wireType === 1 ? 8 : 4)
      if (stop > end) throw new Fault(`cut short at ${pos}`)
      return stop
    }
    case 2: {
      const [length, from] = varint(bytes, pos, end)
      if (from - pos > 5 || length >= 2n ** 31n || from + Number(length) > end) {
        throw new Fault(`length at ${pos}`)
      }
      return from + Number(length)
    }
    case 3:
      return skipGroup(bytes, pos, end, field, depth + 1)
    default:
      throw new Fault(`wire type ${wireType} at ${pos}`)
  }
}

function skipGroup(bytes: Buffer, from: number, end: number, field: number, depth: number): number {
  if (depth > 64) throw new Fault(`groups nest too deep at ${from}`)
  let pos = from
  for (;;) {
    const [tag, next] = varint(bytes, pos, end)
    if (next - pos > 5 || tag >= 2n ** 32n) throw new Fault(`tag at ${pos}`)
    const wireType = Number(tag & 7n)
    if (wireType === 4) {
      if (Number(tag >> 3n) === field) return next
      throw new Fault(`group ends another at ${pos}`)
    }
    pos = skip(bytes, next, end, Number(tag >> 3n), wireType, depth)
  }
}
