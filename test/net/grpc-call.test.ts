import http2, { type ClientHttp2Session } from 'node:http2'
import { deflateSync, gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { callUnary, type UnaryReply, type UnaryRequest } from '../../src/net/grpc-call.ts'
import { type GrpcAnswer, startGrpcServer } from '../helpers/grpc-server.ts'

const path = '/test.Service/Method'

function request(change: Partial<UnaryRequest> = {}): UnaryRequest {
  return {
    headers: { ':method': 'POST', ':path': path, 'content-type': 'application/grpc' },
    message: Buffer.from('ping'),
    compressed: false,
    responseBytesMax: 1000,
    timeoutMs: 20_000,
    signal: undefined,
    ...change,
  }
}

function connect(t: ExecutionContext, port: number): ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  return session
}

const answers = test.macro({
  async exec(t, given: GrpcAnswer, expected: Partial<UnaryReply>) {
    const server = await startGrpcServer(t, () => given)
    const reply = await callUnary(connect(t, server.port), request())
    t.like(reply, expected)
    t.deepEqual(server.calls[0]?.message, Buffer.from('ping'))
  },
  title: (title, given) => title ?? `the answer ${JSON.stringify(given)} is understood`,
})

test(
  'a message is answered',
  answers,
  { message: Buffer.from('pong') },
  {
    status: 0,
    message: Buffer.from('pong'),
  },
)
test('an empty message is an answer', answers, { message: Buffer.alloc(0) }, { status: 0 })
test(
  'a refusal keeps its words and details',
  answers,
  {
    status: 14,
    statusMessage: 'busy: 100 % caf\u00e9',
    details: Buffer.from([8, 14]),
  },
  {
    status: 14,
    statusMessage: 'busy: 100 % caf\u00e9',
    details: Buffer.from([8, 14]),
    unprocessed: false,
  },
)
test(
  'OK without a message is a broken answer',
  answers,
  { status: 0 },
  {
    status: 13,
    statusMessage: 'the response has no message',
  },
)
test(
  'a gzip answer, which servers in Go give to a gzip request unasked, is unpacked',
  answers,
  { message: gzipSync('pong'), encoding: 'gzip' },
  { status: 0, message: Buffer.from('pong') },
)
test(
  'a deflate answer is unpacked',
  answers,
  { message: deflateSync('pong'), encoding: 'deflate' },
  { status: 0, message: Buffer.from('pong') },
)
test(
  'an empty message may be marked as compressed',
  answers,
  { message: Buffer.alloc(0), encoding: 'gzip' },
  { status: 0, message: Buffer.alloc(0) },
)
test(
  'an answer that would be larger than the limit when unpacked is not unpacked',
  answers,
  { message: gzipSync(Buffer.alloc(1001)), encoding: 'gzip' },
  { status: 13, statusMessage: 'the response is larger than 1000 bytes' },
)
test(
  'an answer that is not what its encoding says is broken',
  answers,
  { message: Buffer.from('pong'), encoding: 'gzip' },
  { status: 13, statusMessage: 'the response is not valid gzip' },
)
test(
  'an answer in an encoding that nobody asked for is refused by name',
  answers,
  { message: Buffer.from('pong'), encoding: 'snappy' },
  { status: 13 },
)
test(
  'more than the limit is not read',
  answers,
  { message: Buffer.alloc(1001) },
  {
    status: 8,
    statusMessage: 'the response is larger than 1000 bytes',
  },
)
for (const [httpStatus, status] of [
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
  [500, 2],
] as const) {
  test(
    `HTTP ${httpStatus} from a proxy is gRPC status ${status}`,
    answers,
    { httpStatus },
    {
      status,
    },
  )
}
test('HTML with 200 is not gRPC', answers, { contentType: 'text/html' }, { status: 2 })

test('a call that is not answered in time ends with DEADLINE_EXCEEDED', async t => {
  const server = await startGrpcServer(t, () => undefined)
  const reply = await callUnary(connect(t, server.port), request({ timeoutMs: 50 }))
  t.like(reply, { status: 4, statusMessage: 'no answer within 50 ms', unprocessed: false })
})

test('a call that the caller gives up ends with CANCELLED, and the server is told', async t => {
  const controller = new AbortController()
  let reset: Promise<number> | undefined
  const server = await startGrpcServer(t, (_, stream) => {
    reset = new Promise(resolve => {
      stream.on('close', () => resolve(stream.rstCode))
    })
    controller.abort()
    return undefined
  })
  const reply = await callUnary(connect(t, server.port), request({ signal: controller.signal }))
  t.is(reply.status, 1)
  t.is(await reset, http2.constants.NGHTTP2_CANCEL)
})

test('a signal that has already aborted sends nothing', async t => {
  const server = await startGrpcServer(t, () => ({ message: Buffer.alloc(0) }))
  const reply = await callUnary(connect(t, server.port), request({ signal: AbortSignal.abort() }))
  t.is(reply.status, 1)
  t.is(server.calls.length, 0)
})

test('a connection lost in the middle is UNAVAILABLE', async t => {
  const server = await startGrpcServer(t, (_, stream) => {
    stream.session?.destroy()
    return undefined
  })
  const reply = await callUnary(connect(t, server.port), request())
  t.like(reply, { status: 14, unprocessed: false })
  t.regex(reply.statusMessage, /connection lost before an answer/)
})

test('a refused stream was certainly not processed', async t => {
  const server = await startGrpcServer(t, (_, stream) => {
    stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
    return undefined
  })
  t.like(await callUnary(connect(t, server.port), request()), { status: 14, unprocessed: true })
})

test('a destroyed session is a failure that may be sent again', async t => {
  const server = await startGrpcServer(t, () => ({ message: Buffer.alloc(0) }))
  const session = connect(t, server.port)
  session.destroy()
  t.like(await callUnary(session, request()), { status: 14, unprocessed: true })
})

test('an answer before the end of the request is enough', async t => {
  const server = http2.createServer()
  server.on('stream', stream => {
    stream.on('error', () => undefined)
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '8' },
      { endStream: true },
    )
  })
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const message = Buffer.alloc(5_000_000)
  const reply = await callUnary(connect(t, port), request({ message }))
  t.is(reply.status, 8)
})
