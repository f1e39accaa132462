import { once } from 'node:events'
import http2, { type IncomingHttpHeaders } from 'node:http2'
import { connect } from 'node:net'
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import { type GrpcCall, type GrpcHandler, GrpcServer } from '../../src/net/grpc-server.ts'
import { grpcServerFields } from '../../src/net/grpc-server-config.ts'
import { decodeRpcStatus } from '../../src/otlp/rpc-status.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { createAuthority, issueCertificate } from '../helpers/certificates.ts'
import { type HandlerGate, handlerGate } from '../helpers/gate.ts'

const schema = z.strictObject(grpcServerFields('127.0.0.1:0'))
const ECHO = '/test.Echo/Echo'
const echo: GrpcHandler = call => Promise.resolve(call.message)

async function serve(
  t: ExecutionContext,
  handler: GrpcHandler = echo,
  config: object = {},
): Promise<{ server: GrpcServer; target: string }> {
  const { logger } = createTestContext('receiver', 'test')
  const server = new GrpcServer(schema.parse(config), { key: 'x', logger })
  server.unary(ECHO, handler)
  await server.start()
  t.teardown(() => server.stop(AbortSignal.abort()))
  return { server, target: server.url.replace('grpc://', '') }
}

function clientOf(
  t: ExecutionContext,
  target: string,
  secure = credentials.createInsecure(),
): Client {
  const client = new Client(target, secure, {
    'grpc.default_compression_algorithm': 0,
    'grpc.enable_retries': 0,
    // Node 26 refuses an IP address as a TLS server name.
    'grpc.ssl_target_name_override': 'localhost',
    'grpc.max_receive_message_length': -1,
  })
  t.teardown(() => client.close())
  return client
}

interface CallOptions {
  readonly path?: string
  readonly metadata?: Metadata
}

const bytes = (value: Buffer): Buffer => value

function call(client: Client, message: Buffer, options: CallOptions = {}): Promise<Buffer> {
  const { path = ECHO, metadata = new Metadata() } = options
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, bytes, bytes, message, metadata, (error, value) => {
      if (error === null) resolve(value!)
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a ServiceError is one
      else reject(error)
    })
  })
}

const gate = (): HandlerGate<GrpcCall, Buffer> => handlerGate(({ message }) => message)

test('a handler gets the bytes and answers with bytes', async t => {
  const { target } = await serve(t)
  const client = clientOf(t, target)
  for (const size of [0, 1, 1000, 5_000_000]) {
    const message = Buffer.alloc(size, 7)
    t.true(message.equals(await call(client, message)))
  }
})

test('metadata, address and single headers can be asked for', async t => {
  let seen: GrpcCall | undefined
  let address = ''
  const { target } = await serve(t, received => {
    seen = received
    address = received.clientAddress
    return Promise.resolve(received.message)
  })
  const metadata = new Metadata()
  metadata.add('x-tenant', 'a')
  metadata.add('x-tenant', 'b')
  metadata.add('x-trace-bin', Buffer.from([1, 2, 3]))
  await call(clientOf(t, target), Buffer.alloc(0), { metadata })
  t.is(seen?.header('x-tenant'), 'a, b')
  t.is(seen?.header('x-other'), undefined)
  t.deepEqual(seen?.metadata.get('x-tenant'), ['a, b'])
  t.deepEqual(seen?.metadata.get('x-trace-bin'), ['AQID'])
  t.regex(address, /^127\.0\.0\.1:\d+$/)
})

test('a PipelineError is the status, with details', async t => {
  const { target } = await serve(t, () =>
    Promise.reject(PipelineError.retryable('full', { code: 'resource_exhausted' })),
  )
  const error = await t.throwsAsync<ServiceError>(call(clientOf(t, target), Buffer.alloc(1)))
  t.is(error?.code, status.RESOURCE_EXHAUSTED)
  t.is(error?.details, 'full')
  const [details] = error?.metadata.get('grpc-status-details-bin') ?? []
  t.like(decodeRpcStatus(details as Buffer), { code: 8, message: 'full', retryAfterMs: 1000 })
})

test('an exception is UNAVAILABLE, without its words', async t => {
  const { target } = await serve(t, () => Promise.reject(new Error('bug')))
  const error = await t.throwsAsync<ServiceError>(call(clientOf(t, target), Buffer.alloc(1)))
  t.deepEqual([error?.code, error?.details], [status.UNAVAILABLE, 'internal error, see the log'])
})

const refused = test.macro(
  async (t, config: object, message: Buffer, options: CallOptions, code: status, said: RegExp) => {
    const { target } = await serve(t, echo, config)
    const client = clientOf(t, target)
    const error = await t.throwsAsync<ServiceError>(call(client, message, options))
    t.is(error?.code, code)
    t.regex(error?.details ?? '', said)
    t.deepEqual(error?.metadata.get('grpc-status-details-bin'), [])
    t.is((await call(client, Buffer.alloc(3))).length, 3)
  },
)
const small = Buffer.alloc(1)
const unknown = { path: '/test.Echo/Other' }
test('an unknown method', refused, {}, small, unknown, status.UNIMPLEMENTED, /test\.Echo\/Other/)
const mib = { max_recv_msg_size_mib: 1 }
const twoMib = Buffer.alloc(2 * 1024 ** 2)
test('a message over the limit', refused, mib, twoMib, {}, status.RESOURCE_EXHAUSTED, /larger than/)

test('a gzip bomb stops at the limit', async t => {
  const { target } = await serve(t, echo, { max_recv_msg_size_mib: 1 })
  const client = new Client(target, credentials.createInsecure(), {
    'grpc.default_compression_algorithm': 2,
  })
  t.teardown(() => client.close())
  t.is((await call(client, Buffer.alloc(1000))).length, 1000)
  const error = await t.throwsAsync<ServiceError>(call(client, Buffer.alloc(20 * 1024 ** 2)))
  t.is(error?.code, status.RESOURCE_EXHAUSTED)
})

test('messages in progress are bounded over all connections', async t => {
  const { handler, entered, release } = gate()
  const { target } = await serve(t, handler, { max_in_flight_size: 1500 })
  const first = call(clientOf(t, target), Buffer.alloc(1000))
  await entered
  const client = clientOf(t, target)
  const error = await t.throwsAsync<ServiceError>(call(client, Buffer.alloc(1000)))
  t.is(error?.code, status.RESOURCE_EXHAUSTED)
  t.is(error?.metadata.get('grpc-status-details-bin').length, 1)
  release()
  t.is((await first).length, 1000)
  t.is((await call(client, Buffer.alloc(1000))).length, 1000)
})

test('the signal aborts when the client cancels', async t => {
  const { handler, entered, release } = gate()
  const { target } = await serve(t, handler)
  const client = clientOf(t, target)
  const request = client.makeUnaryRequest(ECHO, bytes, bytes, Buffer.alloc(1), () => {})
  const { signal } = await entered
  t.false(signal.aborted)
  const aborted = new Promise(resolve => signal.addEventListener('abort', resolve))
  request.cancel()
  await aborted
  release()
  t.pass()
})

test('stop answers what is in progress and takes no more', async t => {
  const { handler, entered, release } = gate()
  const { server, target } = await serve(t, handler)
  const first = call(clientOf(t, target), Buffer.alloc(9))
  await entered
  const stopping = server.stop(new AbortController().signal)
  const late = await t.throwsAsync<ServiceError>(call(clientOf(t, target), Buffer.alloc(1)))
  t.is(late?.code, status.UNAVAILABLE)
  release()
  t.is((await first).length, 9)
  await stopping
})

test('a stuck handler does not hold stop beyond the deadline, and is told', async t => {
  const { handler, entered } = gate()
  const { server, target } = await serve(t, handler)
  const stuck = t.throwsAsync<ServiceError>(call(clientOf(t, target), Buffer.alloc(1)))
  const { signal } = await entered
  const deadline = new AbortController()
  const stopping = server.stop(deadline.signal)
  deadline.abort()
  await stopping
  const error = await stuck
  t.true([status.UNAVAILABLE, status.CANCELLED].includes(error!.code))
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve))
  t.true(signal.aborted)
})

test('stop without start is safe', async t => {
  const { logger } = createTestContext('receiver', 'test')
  const server = new GrpcServer(schema.parse({}), { key: 'x', logger })
  await t.notThrowsAsync(server.stop(new AbortController().signal))
})

const authority = createAuthority()
const own = issueCertificate(authority)
const tls = { cert_pem: own.certPem, key_pem: own.keyPem }
const ca = Buffer.from(authority.certPem)

test('TLS by the config', async t => {
  const { target } = await serve(t, echo, { tls })
  const secure = clientOf(t, target, credentials.createSsl(ca))
  t.is((await call(secure, Buffer.alloc(70_000))).length, 70_000)
  const plain = await t.throwsAsync<ServiceError>(call(clientOf(t, target), Buffer.alloc(1)))
  t.is(plain?.code, status.UNAVAILABLE)
})

test('stop waits for the last answer on a connection that is already closing', async t => {
  const { handler, entered, release } = gate()
  const { server, target } = await serve(t, handler)
  const client = http2.connect(`http://${target}`)
  t.teardown(() => client.destroy())
  const goaway = once(client, 'goaway')
  const stream = client.request({
    ':method': 'POST',
    ':path': ECHO,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.end(Buffer.from([0, 0, 0, 0, 1, 9])).resume()
  const trailers = once(stream, 'trailers') as Promise<[IncomingHttpHeaders]>
  await entered
  client.close()
  await goaway
  const stopping = server.stop(new AbortController().signal)
  setImmediate(release)
  t.is((await trailers)[0]['grpc-status'], '0')
  await stopping
})

const silent = test.macro(async (t, config: object, leaves: boolean) => {
  const { server, target } = await serve(t, echo, config)
  const socket = connect(Number(target.split(':')[1]), '127.0.0.1').resume()
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  if (leaves) await new Promise<void>(resolve => socket.end(resolve))
  // Accepted after it: the server certainly has the silent one.
  const secure = 'tls' in config ? credentials.createSsl(ca) : credentials.createInsecure()
  await call(clientOf(t, target, secure), Buffer.alloc(1))
  await server.stop(new AbortController().signal)
  t.pass()
})
test('a client that says nothing does not hold stop', silent, {}, false)
test('a client that left does not hold stop', silent, {}, true)
test('a client that never shakes hands does not hold stop', silent, { tls }, false)
test('a client that left before its handshake does not hold stop', silent, { tls }, true)

test('a port in use names endpoint and key', async t => {
  const { target } = await serve(t)
  const { logger } = createTestContext('receiver', 'test')
  const server = new GrpcServer(schema.parse({ endpoint: target }), { key: 'r::otlp', logger })
  await t.throwsAsync(server.start(), { message: /already in use.*r::otlp::endpoint/ })
})
