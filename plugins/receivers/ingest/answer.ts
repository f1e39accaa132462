import type { ErrorRenderer, HttpServerResponse } from '#core/net'
import type { RejectedRecord } from './read-records.ts'

/*
 * The bodies of answers: always JSON, always with the request id, the same in body and header.
 */

const CODES: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  431: 'headers_too_large',
  503: 'unavailable',
}

/** 200: all records are safe. */
export function acceptedAnswer(requestId: string, accepted: number): HttpServerResponse {
  const id = JSON.stringify(requestId)
  return answer(200, requestId, `{"request_id":${id},"accepted":${accepted},"rejected":0}\n`)
}

/**
 * 207 with a line for each record, when some are safe; 400, with a line for each that is wrong, when
 * none is valid.
 */
export function mixedAnswer(
  requestId: string,
  count: number,
  rejected: readonly RejectedRecord[],
): HttpServerResponse {
  const accepted = count - rejected.length
  const lines: string[] = []
  let next = 0
  for (const { index, errors } of rejected) {
    for (; accepted > 0 && next < index; next++) lines.push(`{"index":${next},"status":200}`)
    lines.push(JSON.stringify({ index, status: 400, errors }))
    next = index + 1
  }
  for (; accepted > 0 && next < count; next++) lines.push(`{"index":${next},"status":200}`)
  const error = {
    code: 'no_valid_record',
    message: `${count === 1 ? 'the record is not valid' : `none of the ${count} records is valid`}, see results`,
  }
  const head = {
    request_id: requestId,
    ...(accepted > 0 ? {} : { error }),
    accepted,
    rejected: rejected.length,
  }
  const body = `${JSON.stringify(head).slice(0, -1)},"results":[\n${lines.join(',\n')}\n]}\n`
  return answer(accepted > 0 ? 207 : 400, requestId, body)
}

/** Every other refusal, for a request with this id. */
export function errorAnswer(
  requestId: string,
  { error, status, retryAfter }: Omit<Parameters<ErrorRenderer>[0], 'headers'>,
): HttpServerResponse {
  const code = CODES[status] ?? 'internal'
  // A fault of ours is for our log; what it says is nobody's business outside.
  const message = error.code === 'internal' ? 'internal error, see the log' : error.message
  const body = { request_id: requestId, error: { code, message } }
  const { headers, ...rest } = answer(status, requestId, `${JSON.stringify(body)}\n`)
  return {
    ...rest,
    headers: { ...headers, ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }) },
  }
}

function answer(status: number, requestId: string, body: string): HttpServerResponse {
  const headers = { 'content-type': 'application/json', 'x-request-id': requestId }
  return { status, headers, body: Buffer.from(body) }
}
