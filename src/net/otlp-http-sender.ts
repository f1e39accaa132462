import {
  decodeExportResponse,
  type OtlpEncoding,
  type PartialSuccess,
} from '../otlp/export-response.ts'
import { errorOfHttp } from '../otlp/status.ts'
import type { ClientAuthenticator } from '../plugin/authenticator.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { version } from '../telemetry/version.ts'
import type { HttpClientConfig } from './client-config.ts'
import { type Compression, compress } from './compression.ts'
import { HttpClient, type HttpResponse } from './http-client.ts'
import {
  type OtlpSender,
  RESPONSE_BYTES_MAX,
  type SendOptions,
  TIMEOUT_MS_MAX,
} from './otlp-sender.ts'
import { loadTlsClientOptions } from './tls-options.ts'

const CONNECTIONS_MAX = 128
const CONTENT_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/** Sends OTLP over HTTP/1.1, in protobuf or JSON as the caller has encoded it. */
export class OtlpHttpSender implements OtlpSender {
  readonly destination: string
  readonly #client: HttpClient
  readonly #url: URL
  readonly #encoding: OtlpEncoding
  readonly #compression: Compression
  readonly #compressionLevel: number
  readonly #requestBytesMax: number
  readonly #headers: Readonly<Record<string, string>>
  readonly #auth: ClientAuthenticator | undefined

  /** `url` is that of log records. Throws an Error when a certificate or key cannot be used. */
  constructor(
    config: HttpClientConfig,
    url: URL,
    encoding: OtlpEncoding,
    auth?: ClientAuthenticator,
  ) {
    this.#auth = auth
    this.destination = url.origin + url.pathname
    this.#url = url
    this.#encoding = encoding
    this.#compression = config.compression
    this.#compressionLevel = config.compression_params.level
    this.#requestBytesMax = config.max_request_size
    this.#client = new HttpClient({
      tls: loadTlsClientOptions({ ...config.tls, insecure: false }),
      connectionsMax: config.max_conns_per_host || CONNECTIONS_MAX,
      keepAlive: !config.disable_keep_alives,
      idleTimeoutMs: config.idle_conn_timeout,
      proxyUrl: config.proxy_url,
      responseBytesMax: RESPONSE_BYTES_MAX,
    })
    this.#headers = {
      'user-agent': `parsec/${version}`,
      ...config.headers,
      'content-type': CONTENT_TYPES[encoding],
      ...(config.compression === 'none' ? {} : { 'content-encoding': config.compression }),
    }
  }

  async sendLogs(request: Buffer, options: SendOptions): Promise<PartialSuccess | undefined> {
    if (request.length > this.#requestBytesMax) {
      const text = `request is ${request.length} bytes, max_request_size is ${this.#requestBytesMax}`
      throw PipelineError.permanent(text, { code: 'resource_exhausted', reason: 'too_large' })
    }
    const timeoutMs = options.timeoutMs === 0 ? TIMEOUT_MS_MAX : options.timeoutMs
    const body = await compress(request, this.#compression, this.#compressionLevel)
    const post = { ...options, timeoutMs }
    const response = await this.#client.post(this.#url, body, this.#allHeaders(), post)
    if (response.status >= 200 && response.status < 300) return this.#accepted(response)
    const contentType = mediaType(response)
    const { status, headers } = response
    if (status >= 300 && status < 400) throw redirected(response)
    throw errorOfHttp({
      status,
      retryAfter: headers['retry-after'],
      contentType,
      body: response.body,
    })
  }

  close(deadline?: AbortSignal): Promise<void> {
    return this.#client.close(deadline)
  }

  /**
   * The server has said yes, so the data must not be sent again, whatever else it says. An answer
   * that is no OTLP, such as the login page of a proxy, is passed on as a warning.
   */
  #allHeaders(): Readonly<Record<string, string>> {
    return this.#auth === undefined ? this.#headers : { ...this.#headers, ...this.#auth.headers() }
  }

  #accepted(response: HttpResponse): PartialSuccess | undefined {
    const { body, truncated, status } = response
    if (body.length === 0 && !truncated) return undefined
    const type = mediaType(response)
    if (!truncated && type === CONTENT_TYPES[this.#encoding]) {
      try {
        return decodeExportResponse(this.#encoding, body)
      } catch {
        // Said below.
      }
    }
    const size = truncated ? `more than ${RESPONSE_BYTES_MAX}` : String(body.length)
    const message = `HTTP ${status} with ${size} bytes of "${type}", which is no OTLP response`
    return { rejectedCount: 0, message }
  }
}

function mediaType({ headers }: HttpResponse): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

/** Following it would send the data, and the headers' secrets, to where nobody has configured. */
function redirected({ status, headers }: HttpResponse): PipelineError {
  const location = (headers['location'] ?? 'nowhere').slice(0, 200)
  const text = `answered HTTP ${status} to ${location}: redirects are not followed, set the endpoint`
  return PipelineError.permanent(text, { code: 'unknown', reason: 'redirect' })
}
