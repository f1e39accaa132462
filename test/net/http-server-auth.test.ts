import { once } from 'node:events'
import { connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { z } from 'zod'
import type { HttpHandler } from '../../src/net/http-message.ts'
import { HttpServer } from '../../src/net/http-server.ts'
import { httpServerFields } from '../../src/net/http-server-config.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

const schema = z.strictObject(httpServerFields('127.0.0.1:0'))
const keys = { auth: { authenticator: 'x' }, cors: { allowed_origins: ['*'] } }

/** A server that knows the tokens `good` and, without a scope, `reader`. */
async function serve(t: ExecutionContext): Promise<string> {
  const { logger, authenticators } = createTestContext('receiver', 'test')
  authenticators.servers.add('x', {
    challenge: 'Bearer realm="x"',
    authenticate: request => {
      const [token] = request.header('authorization')
      if (token === 'Bearer good') return { subject: 'good' }
      if (token === 'Bearer reader') return { subject: 'reader', scopes: new Set() }
      throw PipelineError.permanent('who are you?', { code: 'unauthenticated' })
    },
  })
  const server = new HttpServer(schema.parse(keys), { key: 'x', logger, authenticators })
  const handler: HttpHandler = ({ identity }) =>
    Promise.resolve({ status: 200, body: Buffer.from(identity?.subject ?? 'nobody') })
  server.route('/any', { methods: ['POST'], handler })
  server.route('/open', { methods: ['POST'], isPublic: true, handler })
  await server.start()
  t.teardown(() => server.stop(AbortSignal.abort()))
  return server.url
}

for (const [path, token, status, body, challenge] of [
  ['/any', 'good', 200, 'good', null],
  ['/any', 'bad', 401, '{"code":16,"message":"who are you?"}', 'Bearer realm="x"'],
  ['/any', 'reader', 403, '{"code":7,"message":"\\"reader\\" lacks the scope logs:write"}', null],
  ['/open', 'bad', 200, 'nobody', null],
  ['/none', 'bad', 404, '{"code":5,"message":"nothing is served at /none"}', null],
] as const) {
  test(`${token} at ${path} is ${status}`, async t => {
    const url = (await serve(t)) + path
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(url, { method: 'POST', headers })
    t.is(answer.status, status)
    t.is(await answer.text(), body)
    t.is(answer.headers.get('www-authenticate'), challenge)
    t.is(answer.headers.get('x-content-type-options'), 'nosniff')
    t.is(answer.headers.get('cache-control'), 'no-store')
  })
}

test('a stranger is answered before it sends its body', async t => {
  const { port } = new URL(await serve(t))
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('POST /any HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  t.regex(String(answer), /^HTTP\/1.1 401 /)
  socket.destroy()
})

test('browsers ask for permission without credentials', async t => {
  const url = `${await serve(t)}/any`
  const headers = { origin: 'https://a', 'access-control-request-method': 'POST' }
  t.is((await fetch(url, { method: 'OPTIONS', headers })).status, 204)
})

test('a server whose authenticator is not there does not start', async t => {
  const { logger, authenticators } = createTestContext('receiver', 'test')
  const server = new HttpServer(schema.parse(keys), {
    key: 'receivers::test',
    logger,
    authenticators,
  })
  await t.throwsAsync(server.start(), {
    message: /^receivers::test::auth::authenticator: no extension "x"/,
  })
})
