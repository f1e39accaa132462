import test, { type ExecutionContext } from 'ava'
import { createTestContext } from '#core/testing'
import { healthCheckConfig } from '../../../../plugins/extensions/health_check/config.ts'
import { HealthCheckExtension } from '../../../../plugins/extensions/health_check/extension.ts'

async function start(t: ExecutionContext, config: object = {}) {
  const context = createTestContext('extension', 'health_check')
  const extension = new HealthCheckExtension(
    healthCheckConfig.parse({ endpoint: '127.0.0.1:0', ...config }),
    context,
  )
  await extension.start()
  t.teardown(() => extension.stop(AbortSignal.abort()))
  return { context, extension, url: extension.endpoints()[0]! }
}

const NOT_READY = { status: 'stopping', ready: false, since: '', components: [] } as const

test('the defaults are those of the Collector', t => {
  t.deepEqual(healthCheckConfig.parse({}), { endpoint: 'localhost:13133', path: '/' })
})

test('a service that is ready is 200, with the time it has been up', async t => {
  const { url } = await start(t)
  const response = await fetch(url)
  t.is(response.status, 200)
  t.like(await response.json(), {
    status: 'Server available',
    upSince: '1970-01-01T00:00:00.000Z',
  })
})

test('a service that is not ready is 503, and 200 again when it is', async t => {
  const { url, context } = await start(t)
  const { report } = context
  context.report = NOT_READY
  const response = await fetch(url)
  t.is(response.status, 503)
  t.deepEqual(await response.json(), { status: 'Server not available' })
  context.report = report
  t.is((await fetch(url)).status, 200)
})

test('own bodies are answered as plain text', async t => {
  const { url, context } = await start(t, { response_body: { healthy: 'yes', unhealthy: 'no' } })
  t.is(await (await fetch(url)).text(), 'yes')
  context.report = NOT_READY
  const response = await fetch(url)
  t.is(response.status, 503)
  t.is(await response.text(), 'no')
  t.is(response.headers.get('content-type'), 'text/plain; charset=utf-8')
})

test('only the path that was set answers', async t => {
  const { url } = await start(t, { path: '/healthz' })
  t.regex(url, /\/healthz$/)
  t.is((await fetch(url)).status, 200)
  t.is((await fetch(new URL('/', url))).status, 404)
})

test('a port in use names the key of this very extension', async t => {
  const { url } = await start(t)
  const endpoint = new URL(url).host
  const second = new HealthCheckExtension(
    healthCheckConfig.parse({ endpoint }),
    createTestContext('extension', 'health_check/2'),
  )
  await t.throwsAsync(second.start(), {
    message: `${endpoint} is already in use: stop what listens there, or set extensions::health_check/2::endpoint to a free port`,
  })
})

test('what has no effect is said', async t => {
  const { context } = await start(t, { check_collector_pipeline: { enabled: true } })
  t.regex(String(context.lines[0]!['msg']), /check_collector_pipeline has no effect/)
})

test('stop without start is fine', async t => {
  const extension = new HealthCheckExtension(
    healthCheckConfig.parse({}),
    createTestContext('extension', 'health_check'),
  )
  await t.notThrowsAsync(extension.stop(AbortSignal.abort()))
})
