import test, { type ExecutionContext } from 'ava'
import type { HealthReport } from '../../src/plugin/health.ts'
import { AdminServer } from '../../src/service/admin-server.ts'
import type { ReloadOutcome } from '../../src/service/reloader.ts'
import { EventLoopLag } from '../../src/telemetry/event-loop-lag.ts'
import { metricsText } from '../../src/telemetry/snapshot.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

const READY: HealthReport = { status: 'ok', ready: true, since: 'now', components: [] }

async function start(t: ExecutionContext, stats = (): Promise<unknown> => Promise.resolve({})) {
  const { logger, metrics, lines } = createTestContext('extension', 'admin')
  const state = { health: READY }
  const lag = new EventLoopLag()
  const server = new AdminServer({
    logger,
    metrics: () => metricsText(metrics, lag),
    health: () => state.health,
    stats,
  })
  const url = await server.start('127.0.0.1:0')
  t.teardown(async () => {
    lag.stop()
    await server.stop(AbortSignal.abort())
  })
  const get = async (path: string) => {
    const response = await fetch(url + path)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  return { url, get, state, metrics, lines }
}

test('/metrics is what Prometheus reads, the process itself included', async t => {
  const { get, metrics } = await start(t)
  metrics.receiverAccepted.inc({ receiver: 'otlp', transport: 'grpc' }, 3)
  const { status, headers, text } = await get('/metrics')
  t.is(status, 200)
  t.regex(headers.get('content-type')!, /^text\/plain; version=0\.0\.4/)
  t.regex(
    text,
    /^otelcol_receiver_accepted_log_records_total\{receiver="otlp",transport="grpc"\} 3$/m,
  )
  t.regex(text, /^otelcol_process_uptime_seconds_total \d/m)
  t.regex(text, /^otelcol_process_cpu_seconds_total \d/m)
  t.regex(text, /^otelcol_process_memory_rss_bytes \d{8}/m)
  t.regex(text, /^otelcol_process_runtime_heap_alloc_bytes \d{7}/m)
  t.regex(text, /^parsec_event_loop_lag_seconds\{stat="p99"\} \d/m)
})

test('/health shows every component, 200 while ready', async t => {
  const { get, state } = await start(t)
  state.health = {
    ...READY,
    status: 'recoverable_error',
    components: [
      {
        id: 'clickhouse',
        kind: 'exporter',
        status: 'recoverable_error',
        detail: 'connection refused',
        since: '2026-01-01T00:00:00.000Z',
      },
    ],
  }
  const { status, text } = await get('/health')
  t.is(status, 200)
  t.deepEqual(JSON.parse(text), state.health)
})

const notReady = test.macro(async (t, path: string, expected: number) => {
  const { get, state } = await start(t)
  state.health = { ...READY, status: 'stopping', ready: false }
  const { status } = await get(path)
  t.is(status, expected)
  state.health = READY
  t.is((await get(path)).status, 200)
})
test('/health is 503 while not ready', notReady, '/health', 503)
test('/health/ready is 503 while not ready', notReady, '/health/ready', 503)
test('/health/live is 200 as long as anybody answers', notReady, '/health/live', 200)

test('/stats is JSON', async t => {
  const { get } = await start(t, () => Promise.resolve({ pipelines: { logs: { in: 3 } } }))
  t.deepEqual(JSON.parse((await get('/stats')).text), { pipelines: { logs: { in: 3 } } })
})

test('statistics that cannot be had are a 500 and a line, not a crash', async t => {
  const { get, lines } = await start(t, () => Promise.reject(new Error('boom')))
  t.is((await get('/stats')).status, 500)
  t.like(lines[0], { level: 50, path: '/stats' })
})

test('a port in use names the key to change', async t => {
  const { url } = await start(t)
  const { logger, metrics } = createTestContext('extension', 'admin')
  const lag = new EventLoopLag()
  t.teardown(() => lag.stop())
  const second = new AdminServer({
    logger,
    metrics: () => metricsText(metrics, lag),
    health: () => READY,
    stats: () => Promise.resolve({}),
  })
  const { host } = new URL(url)
  await t.throwsAsync(second.start(host), {
    message: `${host} is already in use: stop what listens there, or set service::telemetry::metrics::endpoint to a free port`,
  })
})

async function startReloading(t: ExecutionContext, outcome: ReloadOutcome) {
  const { logger, metrics } = createTestContext('extension', 'admin')
  const lag = new EventLoopLag()
  const server = new AdminServer({
    logger,
    metrics: () => metricsText(metrics, lag),
    health: () => READY,
    stats: () => Promise.resolve({}),
    reload: () => Promise.resolve(outcome),
  })
  const url = await server.start('127.0.0.1:0')
  t.teardown(async () => {
    lag.stop()
    await server.stop(AbortSignal.abort())
  })
  return `${url}/reload`
}

const answers = test.macro(async (t, result: ReloadOutcome['result'], status: number) => {
  const outcome: ReloadOutcome = { result, message: 'm', problems: [] }
  const url = await startReloading(t, outcome)
  const response = await fetch(url, { method: 'POST' })
  t.is(response.status, status)
  t.deepEqual(await response.json(), outcome)
})
test('POST /reload answers 200 with what has changed', answers, 'success', 200)
test('POST /reload answers 400 with the problems of the config', answers, 'invalid', 400)
test('POST /reload answers 409 for a config that cannot be run', answers, 'failed', 409)

test('without a way to reload there is no such path', async t => {
  const { url } = await start(t)
  t.is((await fetch(`${url}/reload`, { method: 'POST' })).status, 404)
})
