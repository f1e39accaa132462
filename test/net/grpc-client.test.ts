import { mkdtemp, rm } from 'node:fs/promises'
import http2 from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import zlib from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { GrpcClient, type GrpcClientOptions } from '../../src/net/grpc-client.ts'
import { parseGrpcTarget } from '../../src/net/grpc-target.ts'
import { encodeRpcStatus } from '../../src/otlp/rpc-status.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createAuthority, issueCertificate } from '../helpers/certificates.ts'
import { type GrpcAnswer, startGrpcServer } from '../helpers/grpc-server.ts'

const path = '/test.Service/Method'
const patience = { timeoutMs: 60_000 }
const pong = { message: Buffer.from('pong') }
const ping = Buffer.from('ping')

function client(
  t: ExecutionContext,
  endpoint: string,
  change: Partial<GrpcClientOptions> = {},
): GrpcClient {
  const made = new GrpcClient({
    target: parseGrpcTarget(endpoint),
    tls: undefined,
    headers: {},
    compression: 'none',
    compressionLevel: 1,
    balancer: 'round_robin',
    keepalive: { timeMs: 60_000, timeoutMs: 20_000, permitWithoutStream: false },
    waitForReady: false,
    requestBytesMax: 1_000_000,
    responseBytesMax: 1000,
    ...change,
  })
  t.teardown(() => made.close(AbortSignal.abort()))
  return made
}

async function failure(t: ExecutionContext, promise: Promise<unknown>): Promise<PipelineError> {
  return (await t.throwsAsync(promise, { instanceOf: PipelineError })) as PipelineError
}

test('a message goes out as gRPC and its answer comes back', async t => {
  const server = await startGrpcServer(t, () => pong)
  const made = client(t, `127.0.0.1:${server.port}`, { headers: { 'x-tenant': 'a' } })
  const options = { ...patience, metadata: { 'x-request': 'b' } }
  t.is((await made.unary(path, ping, options)).toString(), 'pong')
  const { headers, message, compressed } = server.calls[0]!
  t.deepEqual(message, ping)
  t.false(compressed)
  t.like(headers, {
    ':path': path,
    ':authority': `127.0.0.1:${server.port}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    'x-tenant': 'a',
    'x-request': 'b',
  })
  t.regex(String(headers['grpc-timeout']), /^\d{1,8}m$/)
  t.regex(String(headers['user-agent']), /^parsec\/\d/)
})

test('gzip is done and said', async t => {
  const server = await startGrpcServer(t, () => pong)
  await client(t, `127.0.0.1:${server.port}`, { compression: 'gzip' }).unary(path, ping, patience)
  const { headers, message, compressed } = server.calls[0]!
  t.is(headers['grpc-encoding'], 'gzip')
  t.true(compressed)
  t.deepEqual(zlib.gunzipSync(message), ping)
})

const retryInfo = encodeRpcStatus({ code: 14, message: 'later', retryAfterMs: 7000 })

const verdict = test.macro({
  async exec(t, answer: GrpcAnswer, expected: Partial<PipelineError>) {
    const server = await startGrpcServer(t, () => answer)
    const made = client(t, `127.0.0.1:${server.port}`)
    t.like(await failure(t, made.unary(path, ping, patience)), expected)
    t.is(server.calls.length, 1, 'a verdict is not asked for twice')
  },
  title: (title = '') => title,
})

const RETRYABLE = [
  [1, 'cancelled'],
  [4, 'deadline_exceeded'],
  [10, 'aborted'],
  [11, 'out_of_range'],
  [14, 'unavailable'],
  [15, 'data_loss'],
] as const
for (const [status, code] of RETRYABLE) {
  test(`status ${status} is ${code}, and retryable`, verdict, { status }, { code, retryable: true })
}
const PERMANENT = [
  [2, 'unknown'],
  [3, 'invalid_argument'],
  [5, 'not_found'],
  [6, 'already_exists'],
  [7, 'permission_denied'],
  [8, 'resource_exhausted'],
  [9, 'failed_precondition'],
  [12, 'unimplemented'],
  [13, 'internal'],
  [16, 'unauthenticated'],
] as const
for (const [status, code] of PERMANENT) {
  test(
    `status ${status} is ${code}, and permanent`,
    verdict,
    { status },
    {
      code,
      retryable: false,
    },
  )
}
test(
  'RESOURCE_EXHAUSTED with RetryInfo is retryable',
  verdict,
  { status: 8, details: retryInfo },
  {
    retryable: true,
    retryAfterMs: 7000,
  },
)
test(
  'UNAVAILABLE with RetryInfo names the wait',
  verdict,
  { status: 14, details: retryInfo },
  {
    retryable: true,
    retryAfterMs: 7000,
  },
)
test(
  'a huge answer is permanent',
  verdict,
  { message: Buffer.alloc(2000) },
  {
    code: 'resource_exhausted',
    retryable: false,
  },
)

test('a request over the limit is never sent', async t => {
  const server = await startGrpcServer(t, () => pong)
  const made = client(t, `127.0.0.1:${server.port}`, { requestBytesMax: 10 })
  const error = await failure(t, made.unary(path, Buffer.alloc(11), patience))
  t.like(error, { retryable: false, reason: 'too_large' })
  t.is(error.message, 'request is 11 bytes, the limit is 10')
  t.is(server.calls.length, 0)
})

test('a server that is down is retryable, and used when it is back', async t => {
  const down = await startGrpcServer(t, () => pong)
  await down.kill()
  const made = client(t, `127.0.0.1:${down.port}`)
  const error = await failure(t, made.unary(path, ping, patience))
  t.like(error, { code: 'unavailable', retryable: true })
  t.regex(error.message, /^cannot connect to 127\.0\.0\.1:\d+: .*ECONNREFUSED/)

  await startGrpcServer(t, () => pong, { port: down.port })
  const patient = client(t, `127.0.0.1:${down.port}`, { waitForReady: true })
  t.is((await patient.unary(path, ping, patience)).toString(), 'pong')
})

test('waiting for a server ends at the deadline', async t => {
  const down = await startGrpcServer(t, () => pong)
  await down.kill()
  const made = client(t, `127.0.0.1:${down.port}`, { waitForReady: true })
  const error = await failure(t, made.unary(path, ping, { timeoutMs: 100 }))
  t.like(error, { code: 'deadline_exceeded', retryable: true })
  t.regex(error.message, /no connection before the deadline/)
})

test('the caller may give up while there is no connection', async t => {
  const down = await startGrpcServer(t, () => pong)
  await down.kill()
  const made = client(t, `127.0.0.1:${down.port}`, { waitForReady: true })
  const controller = new AbortController()
  const running = failure(t, made.unary(path, ping, { ...patience, signal: controller.signal }))
  controller.abort()
  t.like(await running, { code: 'cancelled', retryable: true })
})

test('what a server has refused to look at is sent again at once', async t => {
  let refusals = 2
  const server = await startGrpcServer(t, (_, stream) => {
    if (refusals-- <= 0) return pong
    stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
    return undefined
  })
  const made = client(t, `127.0.0.1:${server.port}`)
  t.is((await made.unary(path, ping, patience)).toString(), 'pong')
  t.is(server.calls.length, 3)
})

test('what may have been processed is not sent again by itself', async t => {
  const server = await startGrpcServer(t, (_, stream) => {
    stream.session?.destroy()
    return undefined
  })
  const made = client(t, `127.0.0.1:${server.port}`)
  t.like(await failure(t, made.unary(path, ping, patience)), {
    code: 'unavailable',
    retryable: true,
  })
  t.is(server.calls.length, 1)
})

test('the certificate is checked against the name in the endpoint', async t => {
  const authority = createAuthority()
  const { certPem: cert, keyPem: key } = issueCertificate(authority, ['localhost'])
  const server = await startGrpcServer(t, () => pong, { tls: { cert, key } })
  const tls = { ca: authority.certPem }
  const named = client(t, `dns:///localhost:${server.port}`, { tls })
  t.is((await named.unary(path, ping, patience)).toString(), 'pong')
  const byAddress = client(t, `127.0.0.1:${server.port}`, { tls })
  const error = await failure(t, byAddress.unary(path, ping, patience))
  t.true(error.retryable)
  t.regex(error.message, /127\.0\.0\.1/)
})

test('a name nobody knows is retryable', async t => {
  const made = client(t, 'no-such-host.invalid:4317')
  const error = await failure(t, made.unary(path, ping, patience))
  t.true(error.retryable)
  t.regex(error.message, /cannot connect to no-such-host\.invalid:4317/)
})

test('a secret header never appears in an error', async t => {
  const server = await startGrpcServer(t, () => ({ status: 16, statusMessage: 'who are you' }))
  const made = client(t, `127.0.0.1:${server.port}`, {
    headers: { authorization: 'Bearer s3cret' },
  })
  const error = await failure(t, made.unary(path, ping, patience))
  t.is(server.calls[0]?.headers.authorization, 'Bearer s3cret')
  t.notRegex(`${error.message}${error.stack}${JSON.stringify(error)}`, /s3cret/)
})

test('a closed client sends nothing more', async t => {
  const server = await startGrpcServer(t, () => pong)
  const made = client(t, `127.0.0.1:${server.port}`)
  await made.unary(path, ping, patience)
  await made.close()
  const error = await failure(t, made.unary(path, ping, patience))
  t.true(error.retryable)
  t.is(server.calls.length, 1)
})

test('a deadline for closing cuts the calls under way', async t => {
  const deadline = new AbortController()
  const server = await startGrpcServer(t, () => {
    deadline.abort()
    return undefined
  })
  const made = client(t, `127.0.0.1:${server.port}`)
  const running = failure(t, made.unary(path, ping, patience))
  await Promise.all([running, made.close(deadline.signal)])
  t.true((await running).retryable)
})

test('it talks over a unix socket', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'parsec-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const server = http2.createServer()
  server.on('stream', stream => {
    stream.resume()
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.from([0, 0, 0, 0, 0]))
  })
  const file = join(folder, 'otel.sock')
  await new Promise<void>(resolve => {
    server.listen(file, resolve)
  })
  t.teardown(() => server.close())
  t.is((await client(t, `unix:${file}`).unary(path, ping, patience)).length, 0)
})
