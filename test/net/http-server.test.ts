import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import type { ErrorRenderer, HttpHandler } from '../../src/net/http-message.ts'
import { HttpServer } from '../../src/net/http-server.ts'
import { httpServerFields } from '../../src/net/http-server-config.ts'
import { decodeRpcStatus } from '../../src/otlp/rpc-status.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { createAuthority, issueCertificate } from '../helpers/certificates.ts'
import { handlerGate } from '../helpers/gate.ts'

const schema = z.strictObject(httpServerFields('127.0.0.1:0'))
const JSON_TYPE = { 'content-type': 'application/json' }
const echo: HttpHandler = request => Promise.resolve({ status: 200, body: request.body })

async function serve(
  t: ExecutionContext,
  handler: HttpHandler = echo,
  config: object = {},
  renderError?: ErrorRenderer,
): Promise<{ server: HttpServer; port: number }> {
  const { logger } = createTestContext('receiver', 'test')
  const server = new HttpServer(schema.parse(config), {
    key: 'x',
    logger,
    ...(renderError === undefined ? {} : { renderError }),
  })
  server.route('/any', { methods: ['POST', 'PUT'], handler })
  server.route('/json', { methods: ['POST'], contentTypes: ['application/json'], handler })
  await server.start()
  t.teardown(() => server.stop(AbortSignal.abort()))
  return { server, port: Number(new URL(server.url).port) }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

interface Question {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: Buffer | string
  readonly agent?: Agent
}

function ask(port: number, question: Question = {}): Promise<Answer> {
  const { method = 'POST', path = '/any', headers = {}, body = '', agent } = question
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, headers, ...(agent && { agent }) }
    const request = httpRequest(options, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response
        resolve({ status, headers: answered, body: Buffer.concat(chunks) })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** Sends raw bytes and gives everything that comes back until the connection closes. */
function askRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', chunk => (answer += chunk.toString('latin1')))
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

const answers = test.macro(
  async (t, question: Question, status: number, message: RegExp, headers: object = {}) => {
    const { port } = await serve(t, echo, { max_request_body_size: 1000 })
    const answer = await ask(port, question)
    t.is(answer.status, status)
    t.deepEqual({ ...answer.headers, ...headers }, answer.headers)
    t.is(answer.headers['content-type'], 'application/json')
    t.regex((JSON.parse(answer.body.toString()) as { message: string }).message, message)
    t.is((await ask(port)).status, 200)
  },
)
test('an unknown path is 404', answers, { path: '/x' }, 404, /nothing is served at \/x/)
test('a wrong method is 405', answers, { method: 'DELETE' }, 405, /DELETE/, { allow: 'POST, PUT' })
test('a wrong type is 415', answers, { path: '/json' }, 415, /content-type ""/, {
  accept: 'application/json',
})
const snappy = { headers: { 'content-encoding': 'snappy' } }
test('an unknown encoding is 415 and names those there are', answers, snappy, 415, /gzip, deflate/)
const large = { body: Buffer.alloc(1001) }
test('a body over the limit is 413', answers, large, 413, /1001 bytes, the limit is 1000/)
const chunked = { body: Buffer.alloc(1001), headers: { 'transfer-encoding': 'chunked' } }
test('so is one of unknown length', answers, chunked, 413, /over 1000 bytes/)
const bomb = { body: gzipSync(Buffer.alloc(1e6)), headers: { 'content-encoding': 'gzip' } }
test('so is a gzip bomb', answers, bomb, 413, /after gzip|limit is 1000/)
const damaged = { body: 'x', headers: { 'content-encoding': 'gzip' } }
test('damaged gzip is 400', answers, damaged, 400, /not valid gzip/)

test('an error for a protobuf request is protobuf', async t => {
  const { port } = await serve(t)
  const headers = { 'content-type': 'application/x-protobuf; v=1' }
  const answer = await ask(port, { path: '/x', headers })
  t.is(answer.headers['content-type'], 'application/x-protobuf')
  t.like(decodeRpcStatus(answer.body), { code: 5 })
})

test('the owner of a server may word every error itself', async t => {
  const handler = (): Promise<never> => Promise.reject(new TypeError('no'))
  const { port } = await serve(t, handler, { max_request_body_size: 10 }, ({ error, status }) => ({
    status,
    headers: { 'x-worded': 'yes' },
    body: Buffer.from(`${status} ${error.code}`),
  }))
  const wrong = [{ path: '/x' }, { method: 'DELETE' }, { body: 'x'.repeat(11) }, {}]
  const said = []
  for (const question of wrong) {
    const { status, headers, body } = await ask(port, question)
    t.is(headers['x-worded'], 'yes')
    t.is(status, Number.parseInt(String(body), 10))
    said.push(String(body))
  }
  t.deepEqual(said, [
    '404 not_found',
    '405 unimplemented',
    '413 resource_exhausted',
    '503 internal',
  ])
  t.regex(
    await askRaw(port, 'no http\r\n\r\n'),
    /^HTTP\/1.1 400 .*x-worded: yes.*400 invalid_argument$/s,
  )
})

test('a query does not matter, gzip and identity are unpacked', async t => {
  const { port } = await serve(t)
  for (const [encoding, body] of [
    ['gzip', gzipSync('hello')],
    ['identity', 'hello'],
    [' GZIP ', gzipSync('hello')],
  ] as const) {
    const answer = await ask(port, {
      path: '/any?x=/y',
      headers: { 'content-encoding': encoding },
      body,
    })
    t.is(answer.body.toString(), 'hello')
  }
})

test('a body of megabytes arrives whole', async t => {
  const { port } = await serve(t)
  const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 31) % 256))
  t.true((await ask(port, { body })).body.equals(body))
})

test('a retryable error is 503 with Retry-After; an exception keeps its words', async t => {
  const errors = [PipelineError.retryable('later', { retryAfterMs: 7000 }), new Error('bug')]
  const { port } = await serve(t, () => Promise.reject(errors.shift() as Error))
  const first = await ask(port)
  t.is(first.status, 503)
  t.is(first.headers['retry-after'], '7')
  const second = await ask(port)
  t.is(second.status, 503)
  t.deepEqual(JSON.parse(second.body.toString()), {
    code: 14,
    message: 'internal error, see the log',
  })
})

test('a slow sender is told 408 in its own encoding', async t => {
  const { port } = await serve(t, echo, { read_timeout: '200ms', read_header_timeout: '100ms' })
  const head = 'POST /any HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
  const answer = await askRaw(port, `${head}content-length: 10\r\n\r\nabc`)
  t.regex(answer, /^HTTP\/1\.1 408 /)
  t.regex(answer, /\{"code":3,"message":"the request took too long to arrive"\}$/)
  t.regex(await askRaw(port, head), /^HTTP\/1\.1 408 /)
})

test('headers over the limit are 431, bytes that are no HTTP are 400', async t => {
  const { port } = await serve(t, echo, { max_header_size: 1000 })
  const long = await askRaw(
    port,
    `POST /any HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(2000)}\r\n\r\n`,
  )
  t.regex(long, /^HTTP\/1\.1 431 [^]*max_header_size/)
  t.regex(await askRaw(port, 'what is this\r\n\r\n'), /^HTTP\/1\.1 400 [^]*not a valid HTTP/)
})

/** Sends `first`, awaits the answer to it, sends `second`; all that came until the connection ended. */
async function askTwice(port: number, first: string, second: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', chunk => (answer += chunk.toString()))
  // A reset is an end, too.
  socket.on('error', () => {})
  socket.write(first)
  while (!answer.includes('413')) await once(socket, 'data')
  socket.write(second)
  await new Promise(resolve => socket.once('close', resolve))
  return answer
}

test('what is wrong after a refusal has one answer, or none while that request still arrives', async t => {
  const { port } = await serve(t, echo, { max_request_body_size: 1000 })
  const head = 'POST /any HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n'
  const large = `${head}7d0\r\n${'x'.repeat(2000)}\r\n`
  const within = await askTwice(port, large, 'no chunk\r\n')
  t.deepEqual(within.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 413'])
  const behind = await askTwice(port, large, '0\r\n\r\nwhat is this\r\n\r\n')
  t.deepEqual(behind.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 413', 'HTTP/1.1 400'])
})

test('a client that only waits for 100-continue is answered before it sends', async t => {
  const { port } = await serve(t, echo, { max_request_body_size: 1000 })
  const head = 'POST /any HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\n'
  t.regex(await askRaw(port, `${head}content-length: 2000\r\n\r\n`), /^HTTP\/1\.1 413 /)
  const ok = await askRaw(port, `${head}content-length: 2\r\n\r\nok`)
  t.regex(ok, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [^]*ok$/)
})

test('the signal aborts when the client goes away', async t => {
  let enter = (): void => {}
  const entered = new Promise<void>(resolve => (enter = resolve))
  let abort = (): void => {}
  const aborted = new Promise<void>(resolve => (abort = resolve))
  const { port } = await serve(t, async ({ signal }) => {
    enter()
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
    abort()
    throw new Error('too late')
  })
  const socket = connect(port, '127.0.0.1')
  socket.write('POST /any HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
  await entered
  socket.destroy()
  await aborted
  t.pass()
})

test('requests in progress are bounded over all connections', async t => {
  const { handler, entered, release } = handlerGate(() => ({ status: 200 }))
  const { port } = await serve(t, handler, { max_in_flight_size: 1500 })
  const first = ask(port, { body: Buffer.alloc(1000) })
  await entered
  const second = await ask(port, { body: Buffer.alloc(1000) })
  t.is(second.status, 429)
  t.is(second.headers['retry-after'], '1')
  release()
  t.is((await first).status, 200)
  t.is((await ask(port, { body: Buffer.alloc(1000) })).status, 200)
})

test('who asks before sending a body hears of a shut door, and sends none', async t => {
  const context = createTestContext('receiver', 'test')
  context.door.addGuard('x', () => PipelineError.retryable('shut', { retryAfterMs: 3000 }))
  const server = new HttpServer(schema.parse({}), { ...context, key: 'x' })
  server.route('/any', { methods: ['POST'], handler: echo })
  await server.start()
  t.teardown(() => server.stop(AbortSignal.abort()))
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('POST /any HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  t.regex(answer.toString(), /^HTTP\/1.1 503 /)
  t.regex(answer.toString(), /retry-after: 3/i)
  t.regex(answer.toString(), /connection: close/i)
})

test('a known path without room and an unknown one are told apart: the latter is for good', async t => {
  const context = createTestContext('receiver', 'test')
  context.door.addGuard('x', () => PipelineError.retryable('shut'))
  const server = new HttpServer(schema.parse({}), { ...context, key: 'x' })
  server.route('/any', { methods: ['POST'], handler: echo })
  await server.start()
  t.teardown(() => server.stop(AbortSignal.abort()))
  const port = Number(new URL(server.url).port)
  t.is((await ask(port, { body: 'x' })).status, 503)
  t.is((await ask(port, { path: '/other', body: 'x' })).status, 404)
  t.is((await ask(port, { method: 'GET' })).status, 405)
})

test('browser pages of allowed origins may send', async t => {
  const cors = { allowed_origins: ['https://*.a.com'] }
  const { port } = await serve(t, echo, { cors, response_headers: { 'x-served-by': 'us' } })
  const origin = 'https://x.a.com'
  const ask204 = { origin, 'access-control-request-method': 'POST' }
  const preflight = await ask(port, { method: 'OPTIONS', headers: ask204 })
  t.is(preflight.status, 204)
  t.is(preflight.headers['access-control-allow-origin'], origin)
  const { headers } = await ask(port, { headers: { origin } })
  t.like(headers, { 'access-control-allow-origin': origin, 'x-served-by': 'us', vary: 'Origin' })
})

test('a large answer is packed only for who accepts it', async t => {
  const { port } = await serve(t, () =>
    Promise.resolve({ status: 200, body: Buffer.alloc(10_000) }),
  )
  const plain = await ask(port)
  t.is(plain.body.length, 10_000)
  const packed = await ask(port, { headers: { 'accept-encoding': 'gzip' } })
  t.is(packed.headers['content-encoding'], 'gzip')
  t.is(gunzipSync(packed.body).length, 10_000)
  const refused = await ask(port, { headers: { 'accept-encoding': 'gzip;q=0' } })
  t.is(refused.headers['content-encoding'], undefined)
})

test('connections are kept, or not, as configured', async t => {
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const kept = await serve(t)
  t.is((await ask(kept.port, { agent })).headers.connection, 'keep-alive')
  const closed = await serve(t, echo, { keep_alives_enabled: false })
  t.is((await ask(closed.port, { agent })).headers.connection, 'close')
})

test('stop answers what is in progress and takes no more', async t => {
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const { handler, entered, release } = handlerGate(() => ({ status: 200 }))
  const { server, port } = await serve(t, handler)
  const idle = connect(port, '127.0.0.1')
  idle.on('error', () => {})
  const first = ask(port, { agent })
  await entered
  const stopping = server.stop(new AbortController().signal)
  await t.throwsAsync(ask(port), { code: 'ECONNREFUSED' })
  release()
  const answer = await first
  t.is(answer.status, 200)
  t.is(answer.headers.connection, 'close')
  await stopping
})

test('a stuck handler does not hold stop beyond the deadline', async t => {
  const { handler, entered } = handlerGate(() => ({ status: 200 }))
  const { server, port } = await serve(t, handler)
  const stuck = ask(port).catch((error: NodeJS.ErrnoException) => error.code)
  await entered
  const deadline = new AbortController()
  const stopping = server.stop(deadline.signal)
  deadline.abort()
  await stopping
  t.is(await stuck, 'ECONNRESET')
})

test('stop without start is safe', async t => {
  const { logger } = createTestContext('receiver', 'test')
  const server = new HttpServer(schema.parse({}), { key: 'x', logger })
  await t.notThrowsAsync(server.stop(new AbortController().signal))
})

test('connections over the limit are refused', async t => {
  const { port } = await serve(t, echo, { max_connections: 1 })
  const first = connect(port, '127.0.0.1')
  t.teardown(() => first.destroy())
  first.write('POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
  await once(first, 'data')
  await t.throwsAsync(ask(port))
})

test('TLS by the config', async t => {
  const authority = createAuthority()
  const { certPem, keyPem } = issueCertificate(authority)
  const { server, port } = await serve(t, echo, { tls: { cert_pem: certPem, key_pem: keyPem } })
  t.true(server.url.startsWith('https://'))
  const status = await new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/any', method: 'POST', ca: authority.certPem }
    const request = httpsRequest(options, response => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on('error', reject)
    request.end('x')
  })
  t.is(status, 200)
})

test('a route may demand a content type', async t => {
  const { port } = await serve(t)
  const answer = await ask(port, { path: '/json', headers: JSON_TYPE, body: '{}' })
  t.is(answer.status, 200)
})
