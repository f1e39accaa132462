import { once } from 'node:events'
import http2 from 'node:http2'
import { connect } from 'node:net'
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import { type GrpcHandler, GrpcServer } from '../../src/net/grpc-server.ts'
import { grpcServerFields } from '../../src/net/grpc-server-config.ts'
import { decodeRpcStatus } from '../../src/otlp/rpc-status.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { until } from '../helpers/until.ts'

const schema = z.strictObject(grpcServerFields('127.0.0.1:0'))
const PATH = '/test.Echo/Size'
const MIB = 1024 ** 2
const size: GrpcHandler = ({ message }) => Promise.resolve(Buffer.from(String(message.length)))

async function serve(t: ExecutionContext, config: object = {}, handler: GrpcHandler = size) {
  const context = createTestContext('receiver', 'test')
  const server = new GrpcServer(schema.parse(config), { ...context, key: 'x' })
  server.unary(PATH, handler)
  await server.start()
  t.teardown(() => server.stop(AbortSignal.abort()))
  const target = server.url.replace('grpc://', '')
  const held = (): number =>
    (context.door.stats().servers['x'] as { bytes_in_flight: number }).bytes_in_flight
  return { context, target, held }
}

const identity = (bytes: Buffer): Buffer => bytes

function call(t: ExecutionContext, target: string, message: Buffer, path = PATH): Promise<Buffer> {
  const client = new Client(target, credentials.createInsecure(), { 'grpc.enable_retries': 0 })
  t.teardown(() => client.close())
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, identity, identity, message, new Metadata(), (error, value) => {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a ServiceError is one
      if (error === null) resolve(value!)
      else reject(error)
    })
  })
}

/** A call that has sent `bytes` of a message of `length`, and waits. `from` is its own address. */
async function slowCall(
  t: ExecutionContext,
  target: string,
  length: number,
  bytes: number,
  from = '127.0.0.1',
) {
  const { hostname: host, port } = new URL(`http://${target}`)
  const socket = connect({ host, port: Number(port), localAddress: from })
  const session = http2.connect(`http://${target}`, { createConnection: () => socket })
  t.teardown(() => session.destroy())
  session.on('error', () => {})
  const stream = session.request({
    ':method': 'POST',
    ':path': PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.on('error', () => {})
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(length, 1)
  stream.write(prefix)
  stream.write(Buffer.alloc(bytes))
  return { session, stream }
}

function waitOf(error: ServiceError | undefined): number | undefined {
  const [bytes] = error?.metadata.get('grpc-status-details-bin') ?? []
  return bytes === undefined ? undefined : decodeRpcStatus(bytes as Buffer).retryAfterMs
}

test('a shut door refuses at the start of a call, with RetryInfo, and most is not sent', async t => {
  const { context, target, held } = await serve(t)
  const asked: number[] = []
  context.door.addGuard('x', bytes => {
    asked.push(bytes)
    return PipelineError.retryable('out of memory', { reason: 'memory_limit', retryAfterMs: 5000 })
  })
  const error = await t.throwsAsync<ServiceError>(call(t, target, Buffer.alloc(32 * MIB)))
  t.is(error?.code, status.UNAVAILABLE)
  t.is(waitOf(error), 5000)
  t.deepEqual(asked, [0])
  t.is(held(), 0)
})

test('health checks pass a shut door', async t => {
  const { context, target } = await serve(t)
  context.door.addGuard('x', () => PipelineError.retryable('out of memory'))
  const path = '/grpc.health.v1.Health/Check'
  t.deepEqual([...(await call(t, target, Buffer.alloc(0), path))], [8, 1])
})

test('a message is refused by the length in front of it, before it is there', async t => {
  const { target, held } = await serve(t, { max_in_flight_size: 3 * MIB })
  const first = await slowCall(t, target, 2 * MIB, MIB)
  await until(() => held() > MIB)
  const second = await slowCall(t, target, 5 * MIB - 1, 10)
  const [trailers] = (await once(second.stream, 'response')) as [http2.IncomingHttpHeaders]
  t.is(trailers['grpc-status'], String(status.RESOURCE_EXHAUSTED))
  t.regex(decodeURI(String(trailers['grpc-message'])), /can never fit: max_in_flight_size/)
  const third = await slowCall(t, target, 2 * MIB + 1000, 10)
  const [refused] = (await once(third.stream, 'response')) as [http2.IncomingHttpHeaders]
  t.regex(decodeURI(String(refused['grpc-message'])), /would pass the limit of 3145728/)
  t.false(first.stream.closed)
})

test('bytes count as they arrive, and are given back when the client goes away', async t => {
  const { target, held } = await serve(t)
  const { session } = await slowCall(t, target, 4 * MIB, MIB)
  await until(() => held() === MIB + 5)
  session.destroy()
  await until(() => held() === 0)
  t.pass()
})

test('memory that runs out while a message arrives refuses it midway', async t => {
  const { context, target, held } = await serve(t)
  const { stream } = await slowCall(t, target, 4 * MIB, MIB)
  await until(() => held() === MIB + 5)
  context.door.addGuard('x', () => PipelineError.retryable('out of memory'))
  stream.write(Buffer.alloc(10))
  const [trailers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]
  t.is(trailers['grpc-status'], String(status.UNAVAILABLE))
  t.is(held(), 0)
})

test('what a message holds is what it unpacks to, until it has been answered', async t => {
  let heldInside = 0
  const { target, held } = await serve(t, {}, async ({ message }) => {
    heldInside = held()
    return Buffer.from(String(message.length))
  })
  const client = new Client(target, credentials.createInsecure(), {
    'grpc.default_compression_algorithm': 2,
  })
  t.teardown(() => client.close())
  const answer = await new Promise<Buffer>((resolve, reject) => {
    client.makeUnaryRequest(PATH, identity, identity, Buffer.alloc(MIB), (error, value) => {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a ServiceError is one
      if (error === null) resolve(value!)
      else reject(error)
    })
  })
  t.is(answer.toString(), String(MIB))
  t.is(heldInside, MIB)
  await until(() => held() === 0)
})

test('calls that are refused by the hundred leave nothing behind', async t => {
  const { context, target, held } = await serve(t, { max_in_flight_size: 2000 })
  const client = new Client(target, credentials.createInsecure(), { 'grpc.enable_retries': 0 })
  t.teardown(() => client.close())
  const outcomes = await Promise.all(
    Array.from(
      { length: 300 },
      () =>
        new Promise<number>(resolve => {
          client.makeUnaryRequest(PATH, identity, identity, Buffer.alloc(900), error =>
            resolve(error?.code ?? 0),
          )
        }),
    ),
  )
  t.deepEqual(
    [...new Set(outcomes)].filter(code => code !== 0 && code !== 8),
    [],
  )
  await until(() => held() === 0)
  const { values } = await context.metrics.doorRefused.get()
  const counted = values.reduce((sum, { value }) => sum + value, 0)
  t.is(counted, outcomes.filter(code => code === 8).length)
})

test('a client that fills the budget with slow messages loses them to another, one by one', async t => {
  const { target, held } = await serve(t, { max_in_flight_size: 4 * MIB })
  const greedy = await Promise.all(
    Array.from({ length: 4 }, () => slowCall(t, target, MIB, MIB - 50_000, '127.0.0.2')),
  )
  const refused: string[] = []
  for (const { stream } of greedy) {
    stream.on('response', headers => refused.push(decodeURI(String(headers['grpc-message']))))
  }
  await until(() => held() > 3.7 * MIB)
  for (let i = 0; i < 10; i++) {
    t.is((await call(t, target, Buffer.alloc(MIB))).toString(), String(MIB))
  }
  await until(() => refused.length > 0)
  t.true(refused.length < 4, String(refused.length))
  t.regex(refused[0]!, /more than its share of 2097152: this one makes room for another client/)
})
