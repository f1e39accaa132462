import { type ChannelCredentials, Client, credentials, Metadata } from '@grpc/grpc-js'
import type { ExecutionContext } from 'ava'
import { otlpReceiverConfig } from '../../plugins/receivers/otlp/config.ts'
import { OtlpReceiver } from '../../plugins/receivers/otlp/receiver.ts'
import type { Door } from '../../src/plugin/door.ts'
import { LogSink } from '../../src/testing/log-sink.ts'
import { createTestContext, type TestContext } from '../../src/testing/test-context.ts'

export interface RunningReceiver {
  readonly receiver: OtlpReceiver
  readonly sink: LogSink
  readonly context: TestContext
  /** `http://127.0.0.1:port`, '' when off. */
  readonly http: string
  /** `127.0.0.1:port`, '' when off. */
  readonly grpc: string
}

/** Starts the receiver on free ports with a sink behind it, by default at its own door; stopped at the end of the test. */
export async function startReceiver(
  t: ExecutionContext,
  protocols: { http?: object; grpc?: object },
  door?: Door,
): Promise<RunningReceiver> {
  const config = otlpReceiverConfig.parse({
    protocols: Object.fromEntries(
      Object.entries(protocols).map(([name, keys]) => [name, { endpoint: '127.0.0.1:0', ...keys }]),
    ),
  })
  const sink = new LogSink()
  const own = createTestContext('receiver', 'otlp')
  const context = door === undefined ? own : { ...own, door }
  const receiver = new OtlpReceiver(config, context, sink)
  await receiver.start()
  t.teardown(() => receiver.stop(AbortSignal.abort()))
  const urls = receiver.endpoints().map(url => new URL(url))
  const http = urls.find(({ protocol }) => protocol.startsWith('http'))
  const grpc = urls.find(({ protocol }) => protocol === 'grpc:')
  return { receiver, sink, context, http: http?.origin ?? '', grpc: grpc?.host ?? '' }
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

/** POSTs to `/v1/logs` unless told otherwise. */
export async function post(
  receiver: RunningReceiver,
  contentType: string,
  body: Buffer | string,
  options: { path?: string; method?: string; headers?: Record<string, string> } = {},
): Promise<HttpAnswer> {
  const { path = '/v1/logs', method = 'POST', headers = {} } = options
  const response = await fetch(receiver.http + path, {
    method,
    headers: { 'content-type': contentType, ...headers },
    ...(method === 'GET' ? {} : { body }),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, body: bytes }
}

const identity = (bytes: Buffer): Buffer => bytes

/** One unary call with a real client; rejects with its ServiceError. */
export async function call(
  receiver: RunningReceiver,
  message: Buffer,
  options: {
    service?: string
    metadata?: Record<string, string>
    secure?: ChannelCredentials
    gzip?: boolean
  } = {},
): Promise<Buffer> {
  const { service = 'logs.v1.LogsService', metadata = {}, gzip = false } = options
  const secure = options.secure ?? credentials.createInsecure()
  const client = new Client(receiver.grpc, secure, {
    'grpc.default_compression_algorithm': gzip ? 2 : 0,
    'grpc.enable_retries': 0,
    // Node 26 refuses an IP address as a TLS server name.
    'grpc.ssl_target_name_override': 'localhost',
  })
  const sent = new Metadata()
  for (const [key, value] of Object.entries(metadata)) sent.set(key, value)
  const path = `/opentelemetry.proto.collector.${service}/Export`
  try {
    return await new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, identity, identity, message, sent, (error, value) => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a ServiceError is one
        if (error) reject(error)
        else resolve(value!)
      })
    })
  } finally {
    client.close()
  }
}

/** A counter's value for this transport. */
export async function counted(
  { context }: RunningReceiver,
  name: 'receiverAccepted' | 'receiverRefused' | 'receiverFailed',
  transport: 'grpc' | 'http',
): Promise<number> {
  const { values } = await context.metrics[name].get()
  return values.find(({ labels }) => labels.transport === transport)?.value ?? 0
}
