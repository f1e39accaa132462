import { type Consumer, PipelineError, type PluginContext, type Receiver } from '#core'
import {
  batchContext,
  type ErrorRenderer,
  type HttpHandler,
  HttpServer,
  headerMetadata,
  renderedError,
  requestIdOf,
} from '#core/net'
import { errorAnswer } from './answer.ts'
import type { IngestReceiverConfig } from './config.ts'
import { Intake } from './intake.ts'
import { openApiDocument } from './openapi.ts'
import type { Layout } from './read-records.ts'

/** Media types and how a body of them is laid out. */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  'application/json': 'json',
  'application/x-ndjson': 'lines',
  'application/jsonl': 'lines',
  'application/x-jsonlines': 'lines',
}

/** Plain JSON over HTTP: one object, an array, or one object a line. */
export class IngestReceiver implements Receiver {
  readonly #config: IngestReceiverConfig
  readonly #context: PluginContext
  readonly #server: HttpServer
  readonly #intake: Intake

  /** @throws an Error that names the key when TLS files are no good. */
  constructor(config: IngestReceiverConfig, context: PluginContext, next: Consumer) {
    this.#config = config
    this.#context = context
    const options = {
      recordsMax: config.max_records,
      attributesMax: config.max_attributes,
      severityNumbers: config.severity_numbers,
    }
    this.#intake = new Intake(options, context, next)
    const { id } = context
    this.#server = new HttpServer(config, { ...context, key: `receivers::${id}`, renderError })
    this.#server.route(config.path, {
      methods: ['POST'],
      contentTypes: Object.keys(LAYOUTS),
      handler: this.#ingest(),
    })
    const document = Buffer.from(JSON.stringify(openApiDocument(config), null, 2))
    this.#server.route(config.openapi_path, {
      methods: ['GET'],
      isPublic: true,
      handler: () =>
        Promise.resolve({
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: document,
        }),
    })
  }

  async start(): Promise<void> {
    await this.#server.start()
    this.#context.reportStatus('ok')
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.#server.stop(deadline)
  }

  endpoints(): readonly string[] {
    const { url } = this.#server
    return url === '' ? [] : [`${url}${this.#config.path}`]
  }

  #ingest(): HttpHandler {
    const { include_metadata: includeMetadata } = this.#config
    return async ({ body, contentType, headers, clientAddress, identity, signal }) => {
      const metadata = includeMetadata ? headerMetadata(headers) : undefined
      const given = headers['x-request-id'] as string | undefined
      const context = batchContext(given, clientAddress, metadata, identity)
      try {
        return await this.#intake.take(body, LAYOUTS[contentType]!, context, signal)
      } catch (thrown) {
        // What is no verdict is a fault of ours, which the server logs.
        if (!(thrown instanceof PipelineError)) throw thrown
        return renderedError(outgoing => errorAnswer(context.requestId, outgoing), thrown, headers)
      }
    }
  }
}

/** Refusals before the handler has a request id. */
const renderError: ErrorRenderer = outgoing =>
  errorAnswer(requestIdOf(outgoing.headers['x-request-id']), outgoing)
