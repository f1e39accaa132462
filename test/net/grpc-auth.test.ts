import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import type { Identity } from '../../src/batch/sender-identity.ts'
import { GrpcServer } from '../../src/net/grpc-server.ts'
import { grpcServerFields } from '../../src/net/grpc-server-config.ts'
import { decodeRpcStatus } from '../../src/otlp/rpc-status.ts'
import type { AuthRequest } from '../../src/plugin/authenticator.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

const schema = z.strictObject(grpcServerFields('127.0.0.1:0'))
const identity = (bytes: Buffer): Buffer => bytes

async function serve(t: ExecutionContext, authenticate: (request: AuthRequest) => Identity) {
  const { logger, authenticators, lines } = createTestContext('receiver', 'test')
  authenticators.servers.add('x', { challenge: 'Bearer', authenticate })
  const config = schema.parse({ auth: { authenticator: 'x' } })
  const server = new GrpcServer(config, { key: 'receivers::test', logger, authenticators })
  const seen: (Identity | undefined)[] = []
  server.unary('/a.B/C', call => {
    seen.push(call.identity)
    return Promise.resolve(Buffer.from('ok'))
  })
  await server.start()
  const client = new Client(new URL(server.url).host, credentials.createInsecure())
  t.teardown(async () => {
    client.close()
    await server.stop(AbortSignal.abort())
  })
  const call = (
    path = '/a.B/C',
    headers: Record<string, string> = {},
    message = Buffer.alloc(0),
  ): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const metadata = new Metadata()
      for (const [key, value] of Object.entries(headers)) metadata.set(key, value)
      client.makeUnaryRequest(path, identity, identity, message, metadata, (error, value) => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a ServiceError is one
        if (error) reject(error)
        else resolve(value!)
      })
    })
  return { call, seen, lines }
}

function byToken(request: AuthRequest): Identity {
  const [token] = request.header('authorization')
  if (token === 'Bearer good') return { subject: `good from ${request.client}` }
  if (token === 'Bearer busy') {
    throw PipelineError.retryable('wait', { code: 'resource_exhausted', retryAfterMs: 1500 })
  }
  if (token === 'Bearer reader') return { subject: 'reader', scopes: new Set(['logs:read']) }
  if (token === 'Bearer broken') throw new TypeError('x is not a function')
  throw PipelineError.permanent('who are you?', { code: 'unauthenticated' })
}

test('the handler gets the identity of its call', async t => {
  const { call, seen } = await serve(t, byToken)
  t.is(String(await call('/a.B/C', { authorization: 'Bearer good' })), 'ok')
  t.deepEqual(seen, [{ subject: 'good from 127.0.0.1' }])
})

for (const [token, code, details] of [
  ['bad', status.UNAUTHENTICATED, 'who are you?'],
  ['reader', status.PERMISSION_DENIED, '"reader" lacks the scope logs:write'],
  ['busy', status.RESOURCE_EXHAUSTED, 'wait'],
  ['broken', status.UNAVAILABLE, 'internal error, see the log'],
] as const) {
  test(`${token} is ${status[code]}, and no handler is asked`, async t => {
    const { call, seen, lines } = await serve(t, byToken)
    // Larger than what HTTP/2 sends without being asked: the answer does not wait for it.
    const message = Buffer.alloc(4 * 1024 ** 2)
    const headers = { authorization: `Bearer ${token}` }
    const error = await t.throwsAsync<ServiceError>(call('/a.B/C', headers, message))
    t.is(error?.code, code)
    t.is(error?.details, details)
    t.is(seen.length, 0)
    t.is(lines.length, token === 'broken' ? 1 : 0)
    const [bytes] = error?.metadata.get('grpc-status-details-bin') ?? []
    t.is(
      bytes && decodeRpcStatus(bytes as Buffer).retryAfterMs,
      token === 'busy' ? 1500 : undefined,
    )
  })
}

test('health is answered to everybody, reflection is not', async t => {
  const { call } = await serve(t, byToken)
  await t.notThrowsAsync(call('/grpc.health.v1.Health/Check'))
  const list = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
  const error = await t.throwsAsync<ServiceError>(call(list))
  t.is(error?.code, status.UNAUTHENTICATED)
})
