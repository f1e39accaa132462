import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/*
 * google.rpc.Status and the two details OTLP speaks of (googleapis, google/rpc/status.proto and
 * error_details.proto), in protobuf and in JSON:
 *
 *   Status     { int32 code = 1; string message = 2; repeated Any details = 3 }
 *   Any        { string type_url = 1; bytes value = 2 }
 *   RetryInfo  { Duration retry_delay = 1 }     Duration { int64 seconds = 1; int32 nanos = 2 }
 *   BadRequest { repeated FieldViolation field_violations = 1 }
 *   FieldViolation { string field = 1; string description = 2 }
 */

export interface RpcStatus {
  /** The number of the gRPC code. */
  readonly code: number
  readonly message: string
  /** From RetryInfo, in milliseconds. */
  readonly retryAfterMs?: number
  /** From BadRequest: the first violation. */
  readonly violation?: { readonly field: string; readonly description: string }
}

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'
const BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest'

/** The protobuf form, as in HTTP bodies and `grpc-status-details-bin`. */
export function encodeRpcStatus(status: RpcStatus): Buffer {
  const writer = new Writer(256)
  if (status.code !== 0) {
    writer.varint(0x08)
    writer.varint(status.code)
  }
  if (status.message !== '') writer.string(0x12, status.message)
  if (status.violation !== undefined) {
    const { field, description } = status.violation
    writeAny(writer, BAD_REQUEST, () =>
      writer.message(0x0a, () => {
        if (field !== '') writer.string(0x0a, field)
        writer.string(0x12, description)
      }),
    )
  }
  if (status.retryAfterMs !== undefined) {
    const ms = status.retryAfterMs
    writeAny(writer, RETRY_INFO, () => writer.message(0x0a, () => writeDuration(writer, ms)))
  }
  return Buffer.from(writer.finish())
}

/** The protobuf JSON form. */
export function rpcStatusJson(status: RpcStatus): string {
  const details: unknown[] = []
  if (status.violation !== undefined) {
    details.push({ '@type': BAD_REQUEST, fieldViolations: [status.violation] })
  }
  if (status.retryAfterMs !== undefined) {
    details.push({ '@type': RETRY_INFO, retryDelay: `${status.retryAfterMs / 1000}s` })
  }
  const { code, message } = status
  return JSON.stringify(details.length === 0 ? { code, message } : { code, message, details })
}

/** Reads the protobuf form; unknown details are skipped. Throws WireError. */
export function decodeRpcStatus(bytes: Uint8Array): RpcStatus {
  let code = 0
  let message = ''
  const details: Omit<RpcStatus, 'code' | 'message'> = {}
  eachField(new Reader(bytes), (tag, reader) => {
    if (tag === 0x08) code = reader.uint32() | 0
    else if (tag === 0x12) message = text(reader)
    else if (tag === 0x1a) Object.assign(details, decodeAny(nested(reader)))
    else reader.skip(tag)
  })
  return { code, message, ...details }
}

/** Reads the JSON form; undefined when it is not one. */
export function parseRpcStatusJson(json: string): RpcStatus | undefined {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { code, message, details } = value as Record<string, unknown>
  if (typeof code !== 'number' && typeof message !== 'string') return undefined
  const retryAfterMs = Array.isArray(details) ? retryDelayOf(details) : undefined
  return {
    code: typeof code === 'number' ? code : 2,
    message: typeof message === 'string' ? message : '',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

function retryDelayOf(details: readonly unknown[]): number | undefined {
  for (const detail of details) {
    const { '@type': type, retryDelay } = (detail ?? {}) as Record<string, unknown>
    const match = /^(\d+(?:\.\d+)?)s$/.exec(String(retryDelay))
    if (type === RETRY_INFO && match) return Number(match[1]) * 1000
  }
  return undefined
}

function writeAny(writer: Writer, type: string, value: () => void): void {
  writer.message(0x1a, () => {
    writer.string(0x0a, type)
    writer.message(0x12, value)
  })
}

function writeDuration(writer: Writer, ms: number): void {
  const seconds = Math.floor(ms / 1000)
  const nanos = Math.round((ms - seconds * 1000) * 1e6)
  if (seconds > 0) {
    writer.varint(0x08)
    writer.varint(seconds)
  }
  if (nanos > 0) {
    writer.varint(0x10)
    writer.varint(nanos)
  }
}

function decodeAny(any: Reader): Omit<RpcStatus, 'code' | 'message'> {
  let type = ''
  let value = new Reader(any.bytes, any.end, any.end)
  eachField(any, (tag, reader) => {
    if (tag === 0x0a) type = text(reader)
    else if (tag === 0x12) value = nested(reader)
    else reader.skip(tag)
  })
  if (type === RETRY_INFO) return { retryAfterMs: decodeRetryInfo(value) }
  return type === BAD_REQUEST ? decodeBadRequest(value) : {}
}

function decodeRetryInfo(info: Reader): number {
  let ms = 0
  eachField(info, (tag, reader) => {
    if (tag !== 0x0a) return reader.skip(tag)
    eachField(nested(reader), (inner, duration) => {
      if (inner === 0x08) ms += Number(duration.int64()) * 1000
      else if (inner === 0x10) ms += Number(duration.int64()) / 1e6
      else duration.skip(inner)
    })
  })
  return Math.max(0, ms)
}

function decodeBadRequest(request: Reader): Pick<RpcStatus, 'violation'> {
  let violation: { field: string; description: string } | undefined
  eachField(request, (tag, reader) => {
    if (tag !== 0x0a || violation !== undefined) return reader.skip(tag)
    const found = { field: '', description: '' }
    eachField(nested(reader), (inner, fields) => {
      if (inner === 0x0a) found.field = text(fields)
      else if (inner === 0x12) found.description = text(fields)
      else fields.skip(inner)
    })
    violation = found
  })
  return violation === undefined ? {} : { violation }
}

function eachField(reader: Reader, read: (tag: number, reader: Reader) => void): void {
  while (reader.pos < reader.end) read(reader.tag(), reader)
}

/** Steps over a length-delimited value and gives a reader of its payload. */
function nested(reader: Reader): Reader {
  const end = reader.lengthDelimited()
  const inner = new Reader(reader.bytes, reader.pos, end)
  reader.pos = end
  return inner
}

function text(reader: Reader): string {
  const { bytes, pos, end } = nested(reader)
  return Buffer.from(bytes.buffer, bytes.byteOffset + pos, end - pos).toString('utf8')
}
