import { Agent, request } from 'node:http'
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js'
import type { Answer } from './issued.ts'

/** How a running Parsec takes records in, and where. */
export interface Endpoints {
  /** URL of the logs path. */
  readonly http?: string
  /** host:port. */
  readonly grpc?: string
  /** URL for plain JSON. */
  readonly ingest?: string
}

/** One connection to Parsec. It sends a request once and never by itself again. */
export interface OracleClient {
  send(body: Buffer): Promise<Answer>
  close(): void
}

export type ClientProtocol = keyof Endpoints

/** Longer than Parsec lets a sender wait; a sender that hears nothing goes on. */
const ANSWER_MS_MAX = 10_000
const LOGS_PATH = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'

/**
 * Clients that are not Parsec's own code: the gRPC library of the OpenTelemetry SDK, and Node's HTTP
 * client. They MUST not retry: a copy at the destination would no longer be Parsec's doing.
 */
export function createClient(protocol: ClientProtocol, endpoints: Endpoints): OracleClient {
  const target = endpoints[protocol]
  if (target === undefined) throw new Error(`Parsec takes in nothing by ${protocol}`)
  switch (protocol) {
    case 'grpc':
      return grpcClient(target)
    case 'http':
      return httpClient(target, 'application/x-protobuf', answerOf)
    case 'ingest':
      // 207 would tell of single records; there are no wrong ones.
      return httpClient(target, 'application/x-ndjson', () => 'acked')
  }
}

/** Codes after which nobody knows what became of the request. */
const NO_ANSWER: ReadonlySet<number> = new Set([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.UNAVAILABLE,
  status.UNKNOWN,
])

function grpcClient(address: string): OracleClient {
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_send_message_length': -1,
  })
  const identity = (bytes: Buffer): Buffer => bytes
  return {
    send: body =>
      new Promise(resolve => {
        const deadline = Date.now() + ANSWER_MS_MAX
        const done = (error: ServiceError | null, response?: Buffer): void => {
          if (error !== null) resolve(NO_ANSWER.has(error.code) ? 'unanswered' : 'refused')
          else resolve(answerOf(response ?? Buffer.alloc(0)))
        }
        client.makeUnaryRequest(LOGS_PATH, identity, identity, body, { deadline }, done)
      }),
    close: () => client.close(),
  }
}

function httpClient(
  url: string,
  contentType: string,
  answer: (response: Buffer) => Answer,
): OracleClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const headers = { 'content-type': contentType }
  return {
    send: body =>
      new Promise(resolve => {
        const signal = AbortSignal.timeout(ANSWER_MS_MAX)
        const outgoing = request(url, { method: 'POST', agent, headers, signal }, response => {
          const chunks: Buffer[] = []
          response.on('error', () => resolve('unanswered'))
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            if (response.statusCode !== 200) resolve('refused')
            else resolve(answer(Buffer.concat(chunks)))
          })
        })
        outgoing.on('error', () => resolve('unanswered'))
        outgoing.end(body)
      }),
    close: () => agent.destroy(),
  }
}

/** Full success is an empty message; a partial one says nothing about single records. */
function answerOf(response: Buffer): Answer {
  return response.length === 0 ? 'acked' : 'refused'
}
