import { type ErrorCode, PipelineError } from '../plugin/pipeline-error.ts'
import { JsonError } from '../wire/json-error.ts'
import { WireError } from '../wire/wire-error.ts'
import {
  decodeRpcStatus,
  encodeRpcStatus,
  parseRpcStatusJson,
  type RpcStatus,
  rpcStatusJson,
} from './rpc-status.ts'

/*
 * The one place that maps PipelineError to and from gRPC codes and HTTP statuses, as OTLP 1.11
 * says which of them a sender may retry.
 */

/** gRPC numbers of the codes, in the order of ErrorCode. */
const GRPC_CODES: Readonly<Record<ErrorCode, number>> = {
  cancelled: 1,
  unknown: 2,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  out_of_range: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  data_loss: 15,
  unauthenticated: 16,
}
const CODE_NAMES = new Map(
  Object.entries(GRPC_CODES).map(([name, number]) => [number, name as ErrorCode]),
)

/** What a client may retry; resource_exhausted only together with RetryInfo. */
const GRPC_RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'cancelled',
  'deadline_exceeded',
  'aborted',
  'out_of_range',
  'unavailable',
  'data_loss',
])

const HTTP_PERMANENT: Readonly<Partial<Record<ErrorCode, number>>> = {
  invalid_argument: 400,
  out_of_range: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  unimplemented: 404,
  already_exists: 409,
  // For good: the request is too large. For now: 429.
  resource_exhausted: 413,
}

const HTTP_RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** The wait that is asked for when nobody named one and the code alone would forbid a retry. */
const RETRY_AFTER_MS_DEFAULT = 1000

/** Header lists are limited to about 8 KiB by most peers, and the message travels in one. */
const MESSAGE_LENGTH_MAX = 1024

const FAULT_MESSAGE = 'internal error, see the log'

/** The status that tells a sender of OTLP about `error`, and whether to try again. */
function rpcStatus(error: PipelineError): RpcStatus {
  const code = spokenCode(error)
  const { cause } = error
  const needsRetryInfo = error.retryable && code === 'resource_exhausted'
  const retryAfterMs = error.retryable
    ? (error.retryAfterMs ?? (needsRetryInfo ? RETRY_AFTER_MS_DEFAULT : undefined))
    : undefined
  return {
    code: GRPC_CODES[code],
    message: isFault(error) ? FAULT_MESSAGE : publicMessage(error.message),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(cause instanceof WireError || cause instanceof JsonError
      ? {
          violation: {
            field: cause.path,
            description: publicMessage(`${cause.reason} at byte ${cause.offset}`),
          },
        }
      : {}),
  }
}

/** What a gRPC server sends: code, message and, if there is more to say, the details' bytes. */
export function grpcStatus(error: PipelineError): {
  code: number
  message: string
  /** For `grpc-status-details-bin`. */
  details: Buffer | undefined
} {
  const status = rpcStatus(error)
  const more = status.retryAfterMs !== undefined || status.violation !== undefined
  const { code, message } = status
  return { code, message, details: more ? encodeRpcStatus(status) : undefined }
}

/** What an HTTP server sends; the body is a google.rpc.Status in protobuf or JSON. */
export function httpStatus(
  error: PipelineError,
  encoding: 'protobuf' | 'json',
): { status: number; retryAfter: string | undefined; body: Buffer } {
  const status = rpcStatus(error)
  const { retryAfterMs } = status
  return {
    status: httpCode(error),
    retryAfter: retryAfterMs === undefined ? undefined : formatRetryAfter(retryAfterMs),
    body: encoding === 'json' ? Buffer.from(rpcStatusJson(status)) : encodeRpcStatus(status),
  }
}

/**
 * The error of a gRPC answer. `details` are the bytes of `grpc-status-details-bin`; broken ones are
 * treated as absent.
 */
export function errorOfGrpc(code: number, message: string, details?: Uint8Array): PipelineError {
  const name = CODE_NAMES.get(code) ?? 'unknown'
  const retryAfterMs = details === undefined ? undefined : tryDecode(details)?.retryAfterMs
  const retryable =
    GRPC_RETRYABLE.has(name) || (name === 'resource_exhausted' && retryAfterMs !== undefined)
  return new PipelineError(message === '' ? `answered ${name.toUpperCase()}` : message, {
    code: name,
    retryable,
    ...(retryable && retryAfterMs !== undefined ? { retryAfterMs } : {}),
  })
}

export interface HttpAnswer {
  readonly status: number
  /** The `Retry-After` header. */
  readonly retryAfter?: string | undefined
  /** Without parameters, in lower case. */
  readonly contentType?: string | undefined
  readonly body?: Uint8Array | undefined
}

/** The error of an HTTP answer outside 2xx; `now` (ms) is for a Retry-After that is a date. */
export function errorOfHttp(answer: HttpAnswer, now: number = Date.now()): PipelineError {
  const status = statusOfBody(answer)
  const retryable = HTTP_RETRYABLE.has(answer.status)
  const retryAfterMs = parseRetryAfter(answer.retryAfter, now) ?? status?.retryAfterMs
  const said = status?.message ?? ''
  return new PipelineError(`answered HTTP ${answer.status}${said === '' ? '' : `: ${said}`}`, {
    code: codeOfHttp(answer.status),
    retryable,
    ...(retryable && retryAfterMs !== undefined ? { retryAfterMs } : {}),
  })
}

/** Milliseconds of a Retry-After header: seconds or an HTTP date. Undefined when it is neither. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  // Date.parse takes much that is no HTTP date, such as "-1": those begin with a weekday.
  const date = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Whole seconds, never less than asked. */
export function formatRetryAfter(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)))
}

/** The code a sender must hear so that it does what `retryable` says. */
function spokenCode(error: PipelineError): ErrorCode {
  const { code, retryable } = error
  if (code === 'resource_exhausted' || GRPC_RETRYABLE.has(code) === retryable) return code
  return retryable ? 'unavailable' : 'internal'
}

function httpCode(error: PipelineError): number {
  if (error.retryable) return error.code === 'resource_exhausted' ? 429 : 503
  return HTTP_PERMANENT[error.code] ?? 500
}

function codeOfHttp(status: number): ErrorCode {
  switch (status) {
    case 400:
      return 'invalid_argument'
    case 401:
      return 'unauthenticated'
    case 403:
      return 'permission_denied'
    case 404:
      return 'unimplemented'
    case 413:
    case 429:
      return 'resource_exhausted'
    case 502:
    case 503:
    case 504:
      return 'unavailable'
    default:
      return 'unknown'
  }
}

function statusOfBody({ body, contentType }: HttpAnswer): RpcStatus | undefined {
  if (body === undefined || body.length === 0) return undefined
  if (contentType === 'application/x-protobuf') return tryDecode(body)
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 65_536)).toString()
  if (contentType === 'application/json') {
    const status = parseRpcStatusJson(text)
    if (status !== undefined) return status
  }
  return { code: GRPC_CODES.unknown, message: publicMessage(text) }
}

function tryDecode(bytes: Uint8Array): RpcStatus | undefined {
  try {
    return decodeRpcStatus(bytes)
  } catch {
    return undefined
  }
}

/** What PipelineError.from makes of an exception: its words are for our log, not for senders. */
function isFault(error: PipelineError): boolean {
  return error.code === 'internal' && error.retryable
}

/** One line, bounded; a stack that somebody put into a message stays here. */
function publicMessage(message: string): string {
  const line = message.trim().split('\n', 1)[0]!.trim()
  return line.length > MESSAGE_LENGTH_MAX ? `${line.slice(0, MESSAGE_LENGTH_MAX)}...` : line
}
