import type { IncomingHttpHeaders } from 'node:http'
import type { Identity } from '../batch/sender-identity.ts'
import { httpStatus } from '../otlp/status.ts'
import type { PipelineError } from '../plugin/pipeline-error.ts'

/** A request whose body has been read and unpacked. */
export interface HttpServerRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** In lower case, without parameters; '' when there is none. */
  readonly contentType: string
  readonly body: Buffer
  /** Who the sender is, when the server has `auth`. */
  readonly identity: Identity | undefined
  /** `address:port` of the client. */
  readonly clientAddress: string
  /**
   * Aborts when the client's connection is gone. Requests of one connection may share it, so
   * whoever listens to it MUST stop listening when the request is done.
   */
  readonly signal: AbortSignal
}

export interface HttpServerResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
}

/** An error on its way out: `status` and `retryAfter` (seconds) are what otlp/status says of it. */
export interface OutgoingError {
  readonly error: PipelineError
  readonly status: number
  readonly retryAfter: string | undefined
  /** Of the request; empty when it was no HTTP. */
  readonly headers: IncomingHttpHeaders
}

/** Words a server's refusals in another form than google.rpc.Status. */
export type ErrorRenderer = (outgoing: OutgoingError) => HttpServerResponse

/** What a route does. PipelineErrors become answers by otlp/status; anything else is a 503. */
export type HttpHandler = (request: HttpServerRequest) => Promise<HttpServerResponse>

const JSON_TYPE = 'application/json'
const PROTOBUF_TYPE = 'application/x-protobuf'

/**
 * An error as a google.rpc.Status in the encoding of the request: protobuf for protobuf, JSON for
 * everything else. `status` overrides the HTTP status that the error's code would give.
 */
export function errorResponse(
  error: PipelineError,
  contentType: string,
  status?: number,
): HttpServerResponse & { readonly headers: Record<string, string>; readonly body: Buffer } {
  const isProtobuf = contentType === PROTOBUF_TYPE
  const answer = httpStatus(error, isProtobuf ? 'protobuf' : 'json')
  const headers: Record<string, string> = { 'content-type': isProtobuf ? PROTOBUF_TYPE : JSON_TYPE }
  if (answer.retryAfter !== undefined) headers['retry-after'] = answer.retryAfter
  return { status: status ?? answer.status, headers, body: answer.body }
}

/** The same error in another server's own form. */
export function renderedError(
  render: ErrorRenderer,
  error: PipelineError,
  headers: IncomingHttpHeaders,
  status?: number,
): HttpServerResponse {
  const answer = httpStatus(error, 'json')
  return render({ error, status: status ?? answer.status, retryAfter: answer.retryAfter, headers })
}

/** The media type of a Content-Type header: lower case, without parameters. */
export function mediaType(header: string | undefined): string {
  if (header === undefined) return ''
  const end = header.indexOf(';')
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase()
}
