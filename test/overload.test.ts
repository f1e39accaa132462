import { request as httpRequest } from 'node:http'
import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import test from 'ava'
import { buildLogsRequest } from '../src/otlp/build-logs.ts'
import { decodeRpcStatus } from '../src/otlp/rpc-status.ts'
import { PipelineError } from '../src/plugin/pipeline-error.ts'
import { type RunningReceiver, startReceiver } from './helpers/otlp-receiver.ts'
import { until } from './helpers/until.ts'

/* What senders see of an overloaded receiver, over real sockets; docs/overload.md as a test. */

const MIB = 1024 ** 2
const PROTOBUF = 'application/x-protobuf'
const PATH = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
const good = buildLogsRequest([{ records: [{ body: 'hello' }] }])
const identity = (bytes: Buffer): Buffer => bytes

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly contentType: string | undefined
  readonly body: Buffer
}

interface Sending {
  readonly localAddress: string
  readonly body: Buffer
  /** Sends this much at once, and the rest never. */
  readonly upTo?: number
  readonly contentType?: string
}

/** One POST from an address of its own: to a server, another address is another client. */
function send(receiver: RunningReceiver, sending: Sending): Promise<Answer | undefined> {
  const { localAddress, body, upTo = body.length, contentType = PROTOBUF } = sending
  return new Promise(resolve => {
    const headers = { 'content-type': contentType, 'content-length': body.length }
    const url = `${receiver.http}/v1/logs`
    const request = httpRequest(url, { method: 'POST', headers, localAddress, agent: false })
    request.on('error', () => resolve(undefined))
    request.on('response', response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const { 'retry-after': retryAfter, 'content-type': type } = response.headers
        const status = response.statusCode ?? 0
        resolve({ status, retryAfter, contentType: type, body: Buffer.concat(chunks) })
        request.destroy()
      })
    })
    if (upTo < body.length) request.write(body.subarray(0, upTo))
    else request.end(body)
  })
}

function bytesInFlight({ context }: RunningReceiver): number {
  const servers = Object.values(context.door.stats().servers) as { bytes_in_flight: number }[]
  return servers.reduce((sum, server) => sum + server.bytes_in_flight, 0)
}

test('a client that floods with slow bodies does not starve another: all its requests succeed', async t => {
  const receiver = await startReceiver(t, { http: { max_in_flight_size: 8 * MIB } })
  const greedy = { localAddress: '127.0.0.2', body: Buffer.alloc(2 * MIB), upTo: 2 * MIB - 1 }
  const answers: (Answer | undefined)[] = []
  let flooding = true
  const flood = async (): Promise<void> => {
    while (flooding) answers.push(await send(receiver, greedy))
  }
  const floods = Array.from({ length: 16 }, flood)
  await until(() => bytesInFlight(receiver) > 6 * MIB)

  const large = buildLogsRequest([{ records: [{ body: 'x'.repeat(MIB) }] }])
  for (let i = 0; i < 20; i++) {
    const body = i % 2 === 0 ? large : good
    const answer = await send(receiver, { localAddress: '127.0.0.1', body })
    t.is(answer?.status, 200)
  }

  flooding = false
  t.true(answers.length > 0)
  for (const answer of answers) {
    t.is(answer?.status, 429)
    t.true(Number(answer?.retryAfter) >= 1)
    t.regex(decodeRpcStatus(answer!.body).message, /share|would pass the limit/)
  }
  t.true(answers.some(answer => decodeRpcStatus(answer!.body).message.includes('its share')))
  await receiver.receiver.stop(AbortSignal.abort())
  await Promise.all(floods)
})

test('a process without memory answers 503 in the encoding of the sender, before the body', async t => {
  const receiver = await startReceiver(t, { http: {} })
  receiver.context.door.addGuard('processor memory_limiter', () =>
    PipelineError.retryable('out of memory for now', {
      reason: 'memory_limit',
      retryAfterMs: 7000,
    }),
  )
  const body = Buffer.alloc(64 * MIB)
  const sending = { localAddress: '127.0.0.1', body, upTo: 10 }
  const protobuf = await send(receiver, sending)
  t.like(protobuf, { status: 503, retryAfter: '7', contentType: PROTOBUF })
  t.like(decodeRpcStatus(protobuf!.body), { code: 14, retryAfterMs: 7000 })
  const json = await send(receiver, { ...sending, contentType: 'application/json' })
  t.like(json, { status: 503, retryAfter: '7', contentType: 'application/json' })
  t.regex(json!.body.toString(), /out of memory for now/)
  const whole = await send(receiver, { ...sending, upTo: body.length })
  t.is(whole?.status, 503)
  const { values } = await receiver.context.metrics.doorRefused.get()
  t.deepEqual(
    values.map(({ labels, value }) => [labels, value]),
    [[{ receiver: 'otlp', transport: 'http', reason: 'memory_limit' }, 3]],
  )
  t.is(bytesInFlight(receiver), 0)
})

test('gRPC and HTTP share the door, and open again together', async t => {
  const receiver = await startReceiver(t, { http: {}, grpc: {} })
  const client = new Client(receiver.grpc, credentials.createInsecure(), {
    'grpc.enable_retries': 0,
  })
  t.teardown(() => client.close())
  const call = (): Promise<ServiceError | null> =>
    new Promise(resolve => {
      client.makeUnaryRequest(PATH, identity, identity, good, error => resolve(error))
    })
  const leave = receiver.context.door.addGuard('x', () => PipelineError.retryable('shut'))
  t.is((await call())?.code, 14)
  t.is((await send(receiver, { localAddress: '127.0.0.1', body: good }))?.status, 503)
  leave()
  t.is(await call(), null)
  t.is((await send(receiver, { localAddress: '127.0.0.1', body: good }))?.status, 200)
  t.is(receiver.sink.count, 2)
})

test('a sender that is refused again and again is asked to wait longer each time', async t => {
  const receiver = await startReceiver(t, { http: { max_in_flight_size: 4 * MIB } })
  // Arrived and in the pipeline: nothing can be taken back from it.
  let release = (): void => {}
  const released = new Promise<void>(resolve => (release = resolve))
  receiver.sink.before = () => released
  const large = buildLogsRequest([{ records: [{ body: 'x'.repeat(4 * MIB - 5000) }] }])
  const first = send(receiver, { localAddress: '127.0.0.2', body: large })
  await until(() => receiver.context.door.stats() && bytesInFlight(receiver) > 4 * MIB - 5000)
  const body = Buffer.alloc(MIB)
  const waits: number[] = []
  while (waits.at(-1) !== 3) {
    const answer = await send(receiver, { localAddress: '127.0.0.1', body, upTo: 1 })
    t.is(answer?.status, 429)
    waits.push(Number(answer?.retryAfter))
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  t.deepEqual([...new Set(waits)], [1, 2, 3])
  release()
  t.is((await first)?.status, 200)
})
