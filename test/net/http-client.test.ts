import test, { type ExecutionContext } from 'ava'
import { HttpClient, type HttpClientOptions } from '../../src/net/http-client.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createAuthority, issueCertificate } from '../helpers/certificates.ts'
import { startHttpServer } from '../helpers/http-server.ts'

function client(t: ExecutionContext, change: Partial<HttpClientOptions> = {}): HttpClient {
  const made = new HttpClient({
    tls: undefined,
    connectionsMax: 4,
    keepAlive: true,
    idleTimeoutMs: 60_000,
    responseBytesMax: 1000,
    ...change,
  })
  t.teardown(() => made.close(AbortSignal.abort()))
  return made
}

const body = Buffer.from('a request')
const patience = { timeoutMs: 60_000 }

async function failure(t: ExecutionContext, promise: Promise<unknown>): Promise<PipelineError> {
  return (await t.throwsAsync(promise, { instanceOf: PipelineError })) as PipelineError
}

test('what is posted arrives, and the answer comes back whole', async t => {
  const server = await startHttpServer(t, () => ({
    status: 418,
    headers: { 'x-told': 'yes' },
    body: 'an answer',
  }))
  const url = new URL(`${server.url}/v1/logs?tenant=a`)
  const response = await client(t).post(url, body, { 'x-asked': 'please' }, patience)
  t.is(response.status, 418)
  t.is(response.headers['x-told'], 'yes')
  t.is(response.body.toString(), 'an answer')
  t.false(response.truncated)
  const [request] = server.requests
  t.is(request?.method, 'POST')
  t.is(request?.url, '/v1/logs?tenant=a')
  t.is(request?.headers['x-asked'], 'please')
  t.deepEqual(request?.body, body)
})

test('connections are kept and bounded', async t => {
  const server = await startHttpServer(t, () => ({ body: 'ok' }))
  const made = client(t, { connectionsMax: 2 })
  const url = new URL(server.url)
  await Promise.all(Array.from({ length: 20 }, () => made.post(url, body, {}, patience)))
  await made.post(url, body, {}, patience)
  t.true(server.connections() <= 2)
  t.is(server.requests.length, 21)
})

test('without keep-alive every request has its own connection', async t => {
  const server = await startHttpServer(t, () => ({ body: 'ok' }))
  const made = client(t, { keepAlive: false })
  for (let i = 0; i < 3; i++) await made.post(new URL(server.url), body, {}, patience)
  t.is(server.connections(), 3)
})

test('an answer over the limit is cut, and the status still told', async t => {
  const server = await startHttpServer(t, () => ({ status: 503, body: Buffer.alloc(100_000) }))
  const response = await client(t).post(new URL(server.url), body, {}, patience)
  t.is(response.status, 503)
  t.true(response.truncated)
  t.is(response.body.length, 0)
})

test('a redirect is an answer, not an order', async t => {
  const other = await startHttpServer(t, () => ({ body: 'stolen' }))
  const server = await startHttpServer(t, () => ({ status: 307, headers: { location: other.url } }))
  const response = await client(t).post(new URL(server.url), body, {}, patience)
  t.is(response.status, 307)
  t.is(other.requests.length, 0)
})

test('nobody listening is retryable', async t => {
  const server = await startHttpServer(t, () => ({}))
  await server.kill()
  const error = await failure(t, client(t).post(new URL(server.url), body, {}, patience))
  t.true(error.retryable)
  t.is(error.code, 'unavailable')
  t.regex(error.message, /^cannot post to 127\.0\.0\.1:\d+: .*ECONNREFUSED/)
})

test('a connection cut in the middle is retryable', async t => {
  const server = await startHttpServer(t, (_, response) => {
    response.socket?.destroy()
    return undefined
  })
  const error = await failure(t, client(t).post(new URL(server.url), body, {}, patience))
  t.true(error.retryable)
  t.is(error.code, 'unavailable')
})

test('an answer that stops in the middle ends at the deadline', async t => {
  const server = await startHttpServer(t, (_, response) => {
    response.writeHead(200, { 'content-length': 10 })
    response.write('half')
    return undefined
  })
  const error = await failure(t, client(t).post(new URL(server.url), body, {}, { timeoutMs: 100 }))
  t.is(error.code, 'deadline_exceeded')
  t.true(error.retryable)
  t.regex(error.message, /within 100 ms/)
})

test('the caller may give up', async t => {
  const controller = new AbortController()
  const server = await startHttpServer(t, () => {
    controller.abort()
    return undefined
  })
  const options = { ...patience, signal: controller.signal }
  const error = await failure(t, client(t).post(new URL(server.url), body, {}, options))
  t.is(error.code, 'cancelled')
  t.true(error.retryable)
})

test('TLS checks the certificate against the given authority', async t => {
  const authority = createAuthority()
  const { certPem: cert, keyPem: key } = issueCertificate(authority)
  const server = await startHttpServer(t, () => ({ body: 'ok' }), { tls: { cert, key } })
  const url = new URL(server.url)
  const known = client(t, { tls: { ca: authority.certPem } })
  t.is((await known.post(url, body, {}, patience)).status, 200)
  const error = await failure(t, client(t).post(url, body, {}, patience))
  t.true(error.retryable)
  t.regex(error.message, /certificate/)
})

test('mTLS: the server demands a client certificate and gets it', async t => {
  const authority = createAuthority()
  const { certPem: cert, keyPem: key } = issueCertificate(authority)
  const own = issueCertificate(authority, ['client'])
  const ca = authority.certPem
  const tls = { cert, key, ca, requestCert: true, rejectUnauthorized: true }
  const server = await startHttpServer(t, () => ({ body: 'ok' }), { tls })
  const url = new URL(server.url)
  const known = client(t, { tls: { ca, cert: own.certPem, key: own.keyPem } })
  t.is((await known.post(url, body, {}, patience)).status, 200)
  const error = await failure(t, client(t, { tls: { ca } }).post(url, body, {}, patience))
  t.true(error.retryable)
})

test('a proxy is asked to forward', async t => {
  const proxy = await startHttpServer(t, () => ({ body: 'through the proxy' }))
  const made = client(t, { proxyUrl: proxy.url })
  const url = new URL('http://collector.invalid:4318/v1/logs')
  const response = await made.post(url, body, {}, patience)
  t.is(response.body.toString(), 'through the proxy')
  t.is(proxy.requests[0]?.url, url.href)
})

test('close waits for what is under way, until the deadline', async t => {
  let answer: (() => void) | undefined
  const heard = new Promise<void>(resolve => {
    answer = resolve
  })
  const server = await startHttpServer(t, (_, response) => {
    answer!()
    setTimeout(() => response.end('late'), 50)
    return undefined
  })
  const made = client(t)
  const running = made.post(new URL(server.url), body, {}, patience)
  await heard
  await made.close()
  t.is((await running).body.toString(), 'late')
})

test('a deadline cuts what is still under way', async t => {
  const deadline = new AbortController()
  const server = await startHttpServer(t, () => {
    deadline.abort()
    return undefined
  })
  const made = client(t)
  const running = failure(t, made.post(new URL(server.url), body, {}, patience))
  await Promise.all([running, made.close(deadline.signal)])
  t.true((await running).retryable)
})
