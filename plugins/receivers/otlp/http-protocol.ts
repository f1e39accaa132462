import { type OtlpEncoding, PipelineError } from '#core'
import {
  batchContext,
  type HttpHandler,
  HttpServer,
  type HttpServerContext,
  headerMetadata,
} from '#core/net'
import type { OtlpReceiverConfig } from './config.ts'
import type { Intake } from './intake.ts'

type HttpConfig = NonNullable<OtlpReceiverConfig['protocols']['http']>

/** Content types and what is written in them. */
const ENCODINGS: Readonly<Record<string, OtlpEncoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/json': 'json',
}

/** A server for OTLP/HTTP, not started yet. */
export function createHttpProtocol(
  config: HttpConfig,
  context: HttpServerContext,
  intake: Intake,
): HttpServer {
  const server = new HttpServer(config, context)
  const methods = ['POST']
  server.route(config.traces_url_path, { methods, handler: onlyLogs })
  server.route(config.metrics_url_path, { methods, handler: onlyLogs })
  server.route(config.logs_url_path, {
    methods,
    contentTypes: Object.keys(ENCODINGS),
    handler: logsHandler(config.include_metadata, intake),
  })
  return server
}

function logsHandler(includeMetadata: boolean, intake: Intake): HttpHandler {
  return async request => {
    const { body, contentType, headers, clientAddress, identity, signal } = request
    const metadata = includeMetadata ? headerMetadata(headers) : undefined
    const requestId = headers['x-request-id'] as string | undefined
    const context = batchContext(requestId, clientAddress, metadata, identity)
    const response = await intake.take(body, ENCODINGS[contentType]!, context, signal)
    return { status: 200, headers: { 'content-type': contentType }, body: response }
  }
}

function onlyLogs(): Promise<never> {
  const message = 'only logs are received by this endpoint yet'
  return Promise.reject(PipelineError.permanent(message, { code: 'unimplemented' }))
}
