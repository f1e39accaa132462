import { JsonError } from '../wire/json-error.ts'
import { Reader } from '../wire/reader.ts'
import { WireError } from '../wire/wire-error.ts'
import { Writer } from '../wire/writer.ts'

/** The two encodings of OTLP over HTTP; gRPC has only the first. */
export type OtlpEncoding = 'protobuf' | 'json'

/**
 * A server took a request but not all of it, or has something to say about it. `rejectedCount` 0
 * with a message is a warning. A client MUST NOT send the request again.
 */
export interface PartialSuccess {
  readonly rejectedCount: number
  readonly message: string
}

/** A reason is for people; longer ones are cut, so that no response nears the 4 MiB limit. */
export const PARTIAL_SUCCESS_MESSAGE_CHARS_MAX = 4096

/**
 * An Export*ServiceResponse: empty on full success, as the specification demands. `rejectedName` is
 * the JSON name of the count, which differs from signal to signal; the field numbers do not.
 */
export function encodeExportResponse(
  encoding: OtlpEncoding,
  partial?: PartialSuccess,
  rejectedName = 'rejectedLogRecords',
): Buffer {
  if (partial === undefined) return encoding === 'json' ? Buffer.from('{}') : Buffer.alloc(0)
  const { rejectedCount } = partial
  const message = partial.message.slice(0, PARTIAL_SUCCESS_MESSAGE_CHARS_MAX)
  if (encoding === 'json') {
    const partialSuccess = { [rejectedName]: String(rejectedCount), errorMessage: message }
    return Buffer.from(JSON.stringify({ partialSuccess }))
  }
  const out = new Writer(message.length + 32)
  out.message(0x0a, () => {
    out.varint(0x08)
    out.varint(rejectedCount)
    if (message !== '') out.string(0x12, message)
  })
  return out.finish()
}

/**
 * Reads the partial success out of a server's Export*ServiceResponse: undefined on full success,
 * which some servers write as an empty message. Throws WireError or JsonError when the body is
 * something else.
 */
export function decodeExportResponse(
  encoding: OtlpEncoding,
  bytes: Buffer,
): PartialSuccess | undefined {
  const partial = encoding === 'json' ? readJson(bytes) : readProtobuf(bytes)
  return partial.rejectedCount === 0 && partial.message === '' ? undefined : partial
}

function readProtobuf(bytes: Buffer): PartialSuccess {
  let rejectedCount = 0
  let message = ''
  const reader = new Reader(bytes)
  while (reader.pos < bytes.length) {
    const at = reader.pos
    const tag = reader.tag()
    if (tag !== 0x0a) {
      if (tag >>> 3 === 1) throw new WireError('wrong wire type', at, 'partial_success')
      reader.skip(tag)
      continue
    }
    const end = reader.lengthDelimited()
    const inner = new Reader(bytes, reader.pos, end)
    while (inner.pos < end) {
      const field = inner.tag()
      if (field === 0x08) rejectedCount = Number(inner.int64())
      else if (field === 0x12) {
        const stop = inner.lengthDelimited()
        message = bytes.toString('utf8', inner.pos, stop)
        inner.pos = stop
      } else inner.skip(field)
    }
    reader.pos = end
  }
  return { rejectedCount, message }
}

function readJson(bytes: Buffer): PartialSuccess {
  let response: unknown
  try {
    response = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new JsonError('response is not JSON', 0, '', true)
  }
  if (!isObject(response)) throw new JsonError('response is not an object', 0)
  const partial = member(response, /^partial_?success$/i)
  if (!isObject(partial)) return { rejectedCount: 0, message: '' }
  const rejected = Number(member(partial, /^rejected/) ?? 0)
  const message = member(partial, /^error_?message$/i)
  return {
    rejectedCount: Number.isSafeInteger(rejected) ? rejected : 0,
    message: typeof message === 'string' ? message : '',
  }
}

function member(value: Record<string, unknown>, name: RegExp): unknown {
  return Object.entries(value).find(([key]) => name.test(key))?.[1]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
