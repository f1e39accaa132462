import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import test, { type ExecutionContext } from 'ava'
import {
  jsonReply,
  type StatusRoute,
  StatusServer,
  type StatusServerOptions,
} from '../../src/net/status-server.ts'
import { until } from '../helpers/until.ts'

async function start(t: ExecutionContext, options: Partial<StatusServerOptions> = {}) {
  const errors: unknown[] = []
  const server = new StatusServer({
    routes: new Map<string, StatusRoute>([
      ['/', () => jsonReply(200, { fine: true })],
      ['/bad', () => Promise.reject(new Error('secret detail'))],
    ]),
    onError: error => errors.push(error),
    ...options,
  })
  const { port } = await server.start('127.0.0.1:0', 'x::endpoint')
  t.teardown(() => server.stop(AbortSignal.abort()))
  return { server, port, errors, url: `http://127.0.0.1:${port}` }
}

test('GET answers with type, length and headers that forbid caching and sniffing', async t => {
  const { url } = await start(t)
  const response = await fetch(`${url}/?verbose=1`)
  t.is(response.status, 200)
  t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('x-content-type-options'), 'nosniff')
  t.deepEqual(await response.json(), { fine: true })
})

test('HEAD answers the same without a body', async t => {
  const { url } = await start(t)
  const response = await fetch(url, { method: 'HEAD' })
  t.is(response.status, 200)
  t.is(response.headers.get('content-length'), '14')
  t.is(await response.text(), '')
})

test('an unknown path is 404 and lists the paths there are', async t => {
  const { url } = await start(t)
  const response = await fetch(`${url}/healthz`)
  t.is(response.status, 404)
  t.deepEqual(await response.json(), { error: 'not found', paths: ['/', '/bad'] })
})

test('another method is 405 and says which are allowed', async t => {
  const { url } = await start(t)
  const response = await fetch(url, { method: 'POST', body: 'x'.repeat(100_000) })
  t.is(response.status, 405)
  t.is(response.headers.get('allow'), 'GET, HEAD')
  t.regex(await response.text(), /POST is not allowed/)
})

test('a route that throws is 500 without its details, which are logged', async t => {
  const { url, errors } = await start(t)
  const response = await fetch(`${url}/bad`)
  t.is(response.status, 500)
  t.notRegex(await response.text(), /secret/)
  t.is((errors[0] as Error).message, 'secret detail')
})

test('headers beyond the limit are refused', async t => {
  const { url } = await start(t)
  const response = await fetch(url, { headers: { 'x-long': 'x'.repeat(10_000) } })
  t.is(response.status, 431)
})

test('stop lets a running answer finish, closes idle connections, and frees the port', async t => {
  let finish = (): void => undefined
  const held = new Promise<void>(resolve => {
    finish = resolve
  })
  let isAsked = false
  const { server, url, port } = await start(t, {
    routes: new Map([
      [
        '/slow',
        async () => {
          isAsked = true
          await held
          return jsonReply(200, 'done')
        },
      ],
    ]),
  })
  const idle = connect(port, '127.0.0.1').on('error', () => undefined)
  const idleClosed = new Promise(resolve => idle.on('close', resolve))
  await once(idle, 'connect')
  const answer = fetch(`${url}/slow`)
  await until(() => isAsked)
  const stopped = server.stop(AbortSignal.timeout(20_000))
  finish()
  t.is(await (await answer).json(), 'done')
  await stopped
  await idleClosed
  // Not with fetch, which may first try the connection it had.
  const [error] = await once(connect(port, '127.0.0.1'), 'error').catch(thrown => [thrown])
  t.is(error.code, 'ECONNREFUSED')
})

test('stop does not wait beyond its deadline', async t => {
  let isAsked = false
  const never = (): Promise<never> => {
    isAsked = true
    return new Promise(() => undefined)
  }
  const { server, url } = await start(t, { routes: new Map([['/never', never]]) })
  const answer = t.throwsAsync(fetch(`${url}/never`))
  await until(() => isAsked)
  const deadline = new AbortController()
  const stopped = server.stop(deadline.signal)
  deadline.abort()
  await stopped
  await answer
})

test('stop without start is fine', async t => {
  const server = new StatusServer({ routes: new Map(), onError: () => undefined })
  await t.notThrowsAsync(server.stop(AbortSignal.abort()))
})

const actions = new Map<string, StatusRoute>([['/act', () => jsonReply(200, { done: true })]])

test('an action is done by POST only, and is listed', async t => {
  const { url } = await start(t, { actions })
  const response = await fetch(`${url}/act`, { method: 'POST', body: 'ignored' })
  t.deepEqual([response.status, await response.json()], [200, { done: true }])
  const get = await fetch(`${url}/act`)
  t.deepEqual([get.status, get.headers.get('allow')], [405, 'POST'])
  t.is((await fetch(url, { method: 'POST' })).headers.get('allow'), 'GET, HEAD')
  const missing = (await (await fetch(`${url}/x`)).json()) as { paths: string[] }
  t.true(missing.paths.includes('/act'))
})

test('a web page cannot make a browser act', async t => {
  const { url } = await start(t, { actions })
  const headers = { origin: 'https://example.com' }
  const response = await fetch(`${url}/act`, { method: 'POST', headers })
  t.is(response.status, 403)
})

test('an action is not for other machines', async t => {
  const address = Object.values(networkInterfaces())
    .flat()
    .find(one => one?.family === 'IPv4' && !one.internal)?.address
  if (address === undefined) return t.log('skipped: this machine has no address but its own')
  const server = new StatusServer({ routes: new Map(), actions, onError: () => undefined })
  const { port } = await server.start(`${address}:0`, 'x::endpoint')
  t.teardown(() => server.stop(AbortSignal.abort()))
  t.is((await fetch(`http://${address}:${port}/act`, { method: 'POST' })).status, 403)
})
