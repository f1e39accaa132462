import type tls from 'node:tls'
import { Agent, type buildConnector, type Dispatcher, EnvHttpProxyAgent, ProxyAgent } from 'undici'
import { PipelineError } from '../plugin/pipeline-error.ts'

export interface HttpClientOptions {
  /** For https URLs. Absent = the authorities that Node trusts. */
  readonly tls: tls.ConnectionOptions | undefined
  /** Most connections to one host at a time; further requests wait for one. */
  readonly connectionsMax: number
  /** False = a new connection for every request. */
  readonly keepAlive: boolean
  /** An idle connection is closed after this. */
  readonly idleTimeoutMs: number
  /** Absent = as HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment say. */
  readonly proxyUrl?: string | undefined
  /** More of an answer than this is not kept. */
  readonly responseBytesMax: number
}

export interface PostOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** True when the answer was larger than the limit; `body` is empty then. */
  readonly truncated: boolean
}

const CONNECT_TIMEOUT_MS = 20_000

/** HTTP/1.1 POST requests over kept-alive connections. Redirects are not followed. */
export class HttpClient {
  readonly #dispatcher: Dispatcher
  readonly #responseBytesMax: number

  constructor(options: HttpClientOptions) {
    this.#dispatcher = createDispatcher(options)
    this.#responseBytesMax = options.responseBytesMax
  }

  /**
   * Sends `body` and resolves with whatever the server answers, of any status. Rejects with a
   * retryable PipelineError when there is no whole answer within `timeoutMs`.
   */
  async post(
    url: URL,
    body: Buffer,
    headers: Readonly<Record<string, string>>,
    { timeoutMs, signal }: PostOptions,
  ): Promise<HttpResponse> {
    const controller = new AbortController()
    const onAbort = (): void => controller.abort()
    const timer = setTimeout(onAbort, timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    try {
      const response = await this.#dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'POST',
        headers,
        body,
        signal: controller.signal,
      })
      return await this.#read(response)
    } catch (error) {
      throw toPipelineError(error, url, timeoutMs, controller.signal.aborted, signal)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Lets the requests under way finish until `deadline` aborts, then cuts them. */
  async close(deadline?: AbortSignal): Promise<void> {
    const cut = (): void => {
      this.#dispatcher.destroy().catch(() => undefined)
    }
    if (deadline?.aborted) return cut()
    deadline?.addEventListener('abort', cut, { once: true })
    await this.#dispatcher.close().catch(() => undefined)
    deadline?.removeEventListener('abort', cut)
  }

  async #read(response: Dispatcher.ResponseData): Promise<HttpResponse> {
    const chunks: Buffer[] = []
    let received = 0
    let truncated = false
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      received += chunk.length
      if (received > this.#responseBytesMax) {
        // Leaving the loop destroys the body and with it the connection.
        truncated = true
        break
      }
      chunks.push(chunk)
    }
    return {
      status: response.statusCode,
      headers: flatten(response.headers),
      body: truncated ? Buffer.alloc(0) : Buffer.concat(chunks),
      truncated,
    }
  }
}

function createDispatcher(options: HttpClientOptions): Dispatcher {
  const { connectionsMax, keepAlive, idleTimeoutMs, tls: tlsOptions, proxyUrl } = options
  const shared = {
    connections: connectionsMax,
    pipelining: keepAlive ? 1 : 0,
    keepAliveTimeout: idleTimeoutMs,
    keepAliveMaxTimeout: idleTimeoutMs,
    // The whole exchange has one deadline; undici's own would only shorten it.
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  const connect = { timeout: CONNECT_TIMEOUT_MS, ...tlsOptions } as buildConnector.BuildOptions
  // http:// URLs go through a proxy by their full URL, as everywhere; only https:// needs a tunnel.
  const proxied = { ...shared, requestTls: connect, proxyTunnel: false }
  if (proxyUrl !== undefined) return new ProxyAgent({ ...proxied, uri: proxyUrl })
  const { env } = process
  const hasProxy =
    env['HTTP_PROXY'] ?? env['http_proxy'] ?? env['HTTPS_PROXY'] ?? env['https_proxy']
  if (hasProxy) return new EnvHttpProxyAgent({ ...proxied, connect })
  return new Agent({ ...shared, connect })
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}

/** Nothing here tells what the server did with the data, so all of it is worth another try. */
function toPipelineError(
  error: unknown,
  url: URL,
  timeoutMs: number,
  aborted: boolean,
  caller: AbortSignal | undefined,
): PipelineError {
  const cause = error as Error
  if (caller?.aborted) {
    return PipelineError.retryable('the caller gave up', { code: 'cancelled', cause })
  }
  if (aborted) {
    const text = `no answer from ${url.host} within ${timeoutMs} ms`
    return PipelineError.retryable(text, { code: 'deadline_exceeded', cause })
  }
  return PipelineError.retryable(`cannot post to ${url.host}: ${messageOf(cause)}`, { cause })
}

/** A connection that failed on every address has its reasons in an AggregateError. */
function messageOf(error: Error): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(each => (each as Error).message).join('; ')
  }
  return error.message
}
