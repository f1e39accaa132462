import test from 'ava'
import type { Extension } from '../../src/plugin/component.ts'
import type { HealthReport } from '../../src/plugin/health.ts'
import type { RunningPipelines } from '../../src/service/running-pipelines.ts'
import { Service, type ServiceOptions } from '../../src/service/service.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { emptyConfig, fakePipelines, noChanges, withExtensions } from '../helpers/fake-service.ts'

function subject(change: Partial<ServiceOptions> = {}) {
  const { logger, metrics, lines } = createTestContext('extension', 'service')
  const service = new Service({
    config: emptyConfig(),
    createPipelines: fakePipelines(),
    logger,
    metrics,
    shutdownTimeoutMs: 10_000,
    ...change,
  })
  return { service, lines }
}

async function healthOf({ adminUrl }: Service): Promise<{ status: number; report: HealthReport }> {
  const response = await fetch(`${adminUrl}/health`)
  return { status: response.status, report: (await response.json()) as HealthReport }
}

test('extensions start before the pipelines and stop after them', async t => {
  const calls: string[] = []
  const note = (call: string) => async () => void calls.push(call)
  const extension: Extension = { start: note('start extension'), stop: note('stop extension') }
  const { service } = subject({
    config: emptyConfig(withExtensions({ x: () => extension })),
    createPipelines: fakePipelines({
      start: note('start pipelines'),
      stop: note('stop pipelines'),
    }),
  })
  await service.start()
  t.true(await service.stop())
  t.deepEqual(calls, ['start extension', 'start pipelines', 'stop pipelines', 'stop extension'])
})

test('health can be asked from the start to the end of the drain', async t => {
  let started = (): void => undefined
  let drained = (): void => undefined
  const { service } = subject({
    createPipelines: fakePipelines({
      start: () => new Promise(resolve => (started = resolve)),
      stop: () => new Promise(resolve => (drained = resolve)),
    }),
  })
  const starting = service.start()
  while (service.adminUrl === undefined) await new Promise(setImmediate)
  t.like(await healthOf(service), { status: 503, report: { status: 'starting', ready: false } })
  started()
  await starting
  t.like(await healthOf(service), { status: 200, report: { status: 'ok', ready: true } })
  const stopping = service.stop()
  await new Promise(setImmediate)
  t.like(await healthOf(service), { status: 503, report: { status: 'stopping', ready: false } })
  drained()
  t.true(await stopping)
  t.is(service.health().status, 'stopped')
  await t.throwsAsync(healthOf(service))
})

test('a component in trouble shows; only a permanent error makes the service not ready', async t => {
  const { service } = subject({
    config: emptyConfig(
      withExtensions({
        x: (_, context) => ({
          start: async () =>
            void setImmediate(() => context.reportStatus('recoverable_error', 'a')),
          stop: async () => context.reportStatus('permanent_error', 'b'),
        }),
      }),
    ),
  })
  await service.start()
  await new Promise(resolve => setTimeout(resolve, 5))
  t.like(service.health(), { status: 'recoverable_error', ready: true })
  t.like(service.health().components[0], { id: 'x', kind: 'extension', detail: 'a' })
  await service.stop()
})

test('an extension sees the health of the service', async t => {
  let seen: HealthReport | undefined
  const { service } = subject({
    config: emptyConfig(
      withExtensions({ x: (_, c) => ({ start: async () => void (seen = c.health()) }) }),
    ),
  })
  await service.start()
  t.like(seen, { status: 'starting', ready: false })
  await service.stop()
})

test('when the pipelines cannot start, everything is stopped again and the reason is told', async t => {
  const calls: string[] = []
  const { service } = subject({
    config: emptyConfig(
      withExtensions({ x: () => ({ stop: async () => void calls.push('stop extension') }) }),
    ),
    createPipelines: fakePipelines({
      start: () => Promise.reject(new Error('port taken')),
      stop: async () => void calls.push('stop pipelines'),
    }),
  })
  await t.throwsAsync(service.start(), { message: 'port taken' })
  t.deepEqual(calls, ['stop pipelines', 'stop extension'])
  await t.throwsAsync(healthOf(service))
})

test('a stop in the middle of the start waits for it and starts nothing more', async t => {
  const calls: string[] = []
  let started = (): void => undefined
  const { service } = subject({
    config: emptyConfig(
      withExtensions({
        x: () => ({
          start: () => new Promise(resolve => (started = resolve)),
          stop: async () => void calls.push('stop extension'),
        }),
      }),
    ),
    createPipelines: fakePipelines({ start: async () => void calls.push('start pipelines') }),
  })
  const starting = service.start()
  while (service.adminUrl === undefined) await new Promise(setImmediate)
  await new Promise(setImmediate)
  const stopping = service.stop()
  started()
  t.true(await stopping)
  await starting
  t.deepEqual(calls, ['stop extension'])
  t.is(service.health().status, 'stopped')
})

test('what cannot be drained in time is given up, and said', async t => {
  const { service, lines } = subject({
    shutdownTimeoutMs: 20,
    createPipelines: fakePipelines({
      stop: deadline => new Promise(resolve => deadline.addEventListener('abort', () => resolve())),
    }),
  })
  await service.start()
  t.false(await service.stop())
  t.like(lines.at(-1), { level: 50, timeout_ms: 20 })
})

test('stop is done once, however often it is asked for', async t => {
  let stops = 0
  const { service } = subject({
    createPipelines: fakePipelines({ stop: async () => void stops++ }),
  })
  await service.start()
  await Promise.all([service.stop(), service.stop()])
  await service.stop()
  t.is(stops, 1)
})

test('stop without start is fine', async t => {
  t.true(await subject().service.stop())
})

test('level none listens nowhere', async t => {
  const config = emptyConfig()
  const telemetry = { ...config.telemetry, metrics: { level: 'none', endpoint: 'x' } as const }
  const { service } = subject({ config: { ...config, telemetry } })
  await service.start()
  t.is(service.adminUrl, undefined)
  await service.stop()
})

test('/stats has memory, lag, uptime, version and what the pipelines tell', async t => {
  const { service } = subject({
    createPipelines: fakePipelines({
      stats: () => ({ pipelines: { logs: { in: 5 } } }),
    }),
  })
  await service.start()
  t.teardown(() => service.stop())
  const stats = (await (await fetch(`${service.adminUrl}/stats`)).json()) as {
    uptime_seconds: number
    memory: { rss: number }
    event_loop_lag_seconds: { p99: number }
    version: string
  }
  t.like(stats, { status: 'ok', pipelines: { logs: { in: 5 } }, dropped: {} })
  t.like(stats, { door: { refusing: {}, servers: {} } })
  t.true(stats.uptime_seconds > 0)
  t.true(stats.memory.rss > 10e6)
  t.true(stats.event_loop_lag_seconds.p99 >= 0)
  t.regex(stats.version, /^\d/)
})

const drained = Promise.resolve()

function prepared(apply: () => Promise<void>): Partial<RunningPipelines> {
  return {
    prepare: async () => ({
      changes: { ...noChanges, kept: ['pipeline logs'] },
      apply: async () => {
        await apply()
        return { drained }
      },
    }),
  }
}

test('a reload goes over to the extensions and pipelines of the new config', async t => {
  const calls: string[] = []
  const note = (call: string) => async () => void calls.push(call)
  const extension = (id: string): Extension => ({
    start: note(`start ${id}`),
    stop: note(`stop ${id}`),
  })
  const { service } = subject({
    config: emptyConfig(withExtensions({ x: () => extension('x') })),
    createPipelines: fakePipelines(prepared(note('pipelines'))),
  })
  await service.start()
  calls.length = 0
  const changes = await service.reload(emptyConfig(withExtensions({ y: () => extension('y') })))
  t.deepEqual(changes, {
    ...noChanges,
    kept: ['pipeline logs'],
    added: ['extension y'],
    removed: ['extension x'],
  })
  await service.stop()
  t.deepEqual(calls, ['start y', 'pipelines', 'stop x', 'stop y'])
})

test('a reload waits for what the one before still has to stop', async t => {
  const calls: string[] = []
  let end = (): void => {}
  const lingering = new Promise<void>(resolve => {
    end = resolve
  })
  const extension = (): Extension => ({
    start: async () => void calls.push('start'),
    stop: async () => {
      await lingering
      calls.push('stopped')
    },
  })
  const withX = emptyConfig(withExtensions({ x: extension }))
  const { service } = subject({ config: withX })
  await service.start()
  await service.reload(emptyConfig())
  const back = service.reload(withX)
  await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(calls, ['start'])
  end()
  await back
  t.deepEqual(calls, ['start', 'stopped', 'start'])
  await service.stop()
})

test('/stats tells the generation of the config', async t => {
  const { service } = subject()
  await service.start()
  t.teardown(() => service.stop())
  t.like(await service.stats(), { config: { generation: 1 } })
  await service.reload(emptyConfig())
  t.like(await service.stats(), { config: { generation: 2 } })
})

test('when the pipelines cannot go over, the extensions go back, and health is as before', async t => {
  const calls: string[] = []
  const { service } = subject({
    createPipelines: fakePipelines(prepared(() => Promise.reject(new Error('port taken')))),
  })
  await service.start()
  t.teardown(() => service.stop())
  const to = withExtensions({ y: () => ({ stop: async () => void calls.push('stop y') }) })
  await t.throwsAsync(service.reload(emptyConfig(to)), { message: 'port taken' })
  t.deepEqual(calls, ['stop y'])
  t.like(service.health(), { status: 'ok', ready: true, components: [] })
  t.like(await service.stats(), { config: { generation: 1 } })
})

test('an extension that cannot start leaves the pipelines alone', async t => {
  let applied = false
  const { service } = subject({
    createPipelines: fakePipelines(prepared(async () => void (applied = true))),
  })
  await service.start()
  t.teardown(() => service.stop())
  const fail = { start: () => Promise.reject(new Error('no port')) }
  await t.throwsAsync(service.reload(emptyConfig(withExtensions({ y: () => fail }))), {
    message: 'extension y: no port',
  })
  t.false(applied)
  t.true(service.health().ready)
})

test('a reload during the start waits for it', async t => {
  const calls: string[] = []
  let started = (): void => undefined
  const { service } = subject({
    createPipelines: fakePipelines({
      start: () => new Promise(resolve => (started = resolve)),
      ...prepared(async () => void calls.push('reloaded')),
    }),
  })
  const starting = service.start()
  while (service.adminUrl === undefined) await new Promise(setImmediate)
  await new Promise(setImmediate)
  const reloading = service.reload(emptyConfig())
  await new Promise(setImmediate)
  t.deepEqual(calls, [])
  started()
  await Promise.all([starting, reloading])
  t.deepEqual(calls, ['reloaded'])
  await service.stop()
})

test('a stop in the middle of a reload waits for it; one begun later is refused', async t => {
  const calls: string[] = []
  let applied = (): void => undefined
  const { service } = subject({
    createPipelines: fakePipelines({
      stop: async () => void calls.push('stop'),
      ...prepared(() => new Promise(resolve => (applied = resolve))),
    }),
  })
  await service.start()
  const reloading = service.reload(emptyConfig())
  await new Promise(resolve => setTimeout(resolve, 5))
  const stopping = service.stop()
  await t.throwsAsync(service.reload(emptyConfig()), { message: 'the service is stopping' })
  await new Promise(resolve => setTimeout(resolve, 5))
  t.deepEqual(calls, [])
  applied()
  await reloading
  t.true(await stopping)
  t.deepEqual(calls, ['stop'])
})
