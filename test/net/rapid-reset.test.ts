import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import test from 'ava'
import { z } from 'zod'
import { GrpcServer } from '../../src/net/grpc-server.ts'
import { grpcServerFields } from '../../src/net/grpc-server-config.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

/*
 * CVE-2023-44487: a client that opens streams and resets them at once costs a server far more than
 * itself, and no bound on concurrent streams sees it.
 */

test('a client that resets streams as fast as it opens them loses its connection', async t => {
  const { logger, authenticators } = createTestContext('receiver', 'test')
  const config = z.strictObject(grpcServerFields('127.0.0.1:0')).parse({})
  const server = new GrpcServer(config, { key: 'receivers::test', logger, authenticators })
  server.unary('/a.B/C', () => Promise.resolve(Buffer.alloc(0)))
  await server.start()
  t.teardown(() => server.stop(AbortSignal.abort()))
  const session = connectHttp2(server.url.replace('grpc:', 'http:'))
  session.on('error', () => {})
  const ended = once(session, 'goaway').then(([code]) => code as number)
  await once(session, 'connect')
  const headers = { ':method': 'POST', ':path': '/a.B/C', 'content-type': 'application/grpc' }
  for (let sent = 0; sent < 20_000 && !session.closed && !session.destroyed; sent++) {
    const stream = session.request(headers)
    stream.on('error', () => {})
    stream.close(constants.NGHTTP2_CANCEL)
    if (sent % 100 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  t.not(await ended, constants.NGHTTP2_NO_ERROR)
  session.destroy()
})
