import test from 'ava'
import { z } from 'zod'
import { exportChainFields } from '../../src/export/config.ts'
import { definePlugin, type Plugin } from '../../src/plugin/define-plugin.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { ManualClock, runPipeline, sampleLogs, settle } from '../../src/testing/index.ts'
import { createReloadPlugins } from '../helpers/reload-plugins.ts'
import { until } from '../helpers/until.ts'

const down = (): never => {
  throw PipelineError.retryable('destination is down')
}

function queued(keys = ''): string {
  return `exporters: {queued_sink: {${keys}}}`
}

test('a queue keeps what is in it when only the exporter behind it changes', async t => {
  const { plugins } = createReloadPlugins()
  const clock = new ManualClock()
  const run = await runPipeline(t, queued(), plugins, { clock })
  const old = run.sink()
  old.before = down
  for (const body of ['a', 'b']) await run.send(sampleLogs([body]))
  await settle()
  const { changed } = await run.reload(queued('timeout: 6s'))
  t.deepEqual(changed, ['exporter queued_sink (timeout)'])
  await clock.advance(60_000)
  t.is(old.count, 0)
  t.deepEqual(run.sink('queued_sink').bodies.toSorted(), ['a', 'b'])
})

test('an exporter of another config takes over what the queue holds', async t => {
  const { plugins, log } = createReloadPlugins()
  const run = await runPipeline(t, 'exporters: {end: {lock: disk}}', plugins)
  const sent = Array.from({ length: 20 }, (_, i) => run.send(sampleLogs([`${i}`])))
  log.length = 0
  await run.reload('exporters: {end: {lock: disk, value: x}}')
  await Promise.all(sent)
  t.deepEqual(log, ['create end', 'stop end', 'start end'])
  await run.stop()
  t.like(run.pipelines.stats().exporters[0], { sent: 20, dropped: 0 })
})

test('a queue in memory with another config drains beside its successor; figures add up', async t => {
  const run = await runPipeline(t, queued())
  const sink = run.sink()
  let release = (): void => undefined
  const held = new Promise<void>(resolve => (release = resolve))
  sink.before = () => held
  await run.send(sampleLogs(['a']))
  await settle()
  const reloaded = run.reload(queued('sending_queue: {queue_size: 1MiB}'))
  while (run.pipelines.stats().exporters[0]?.queue?.capacity !== 1024 ** 2) await settle()
  await run.send(sampleLogs(['b']))
  t.deepEqual(sink.bodies, [])
  release()
  t.deepEqual((await reloaded).changed, ['exporter queued_sink (sending_queue)'])
  await run.stop()
  t.deepEqual(sink.bodies.toSorted(), ['a', 'b'])
  t.like(run.pipelines.stats().exporters[0], { sent: 2, dropped: 0 })
  const metrics = await run.metrics.registry.metrics()
  t.regex(metrics, /otelcol_exporter_queue_capacity\{exporter="queued_sink"\} 1048576/)
})

test('senders that wait for the destination are given to the new chain, not refused', async t => {
  const wait = (size: string): string =>
    queued(`sending_queue: {wait_for_result: true, queue_size: ${size}}`)
  const clock = new ManualClock()
  const run = await runPipeline(t, wait('1MiB'), [], { clock })
  const sink = run.sink()
  sink.before = down
  const sent = run.send(sampleLogs(['a']))
  await settle()
  const reloaded = run.reload(wait('2MiB'))
  while (run.pipelines.stats().exporters[0]?.queue?.capacity !== 2 * 1024 ** 2) await settle()
  sink.before = undefined
  await clock.advance(60_000)
  await sent
  await reloaded
  t.deepEqual(sink.bodies, ['a'])
})

test('what a queue that was taken away cannot send in time is counted and logged', async t => {
  // Deadlines alone keep no process alive; a real one has its sockets.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(alive))
  const run = await runPipeline(t, queued('timeout: 0s'), [], { stopMs: 50 })
  run.sink().before = () => new Promise(() => undefined)
  await run.send(sampleLogs(['a', 'b']))
  await settle()
  await run.reload('exporters: {sink: }')
  const metrics = await run.metrics.registry.metrics()
  t.regex(metrics, /dropped_log_records_total\{component="queued_sink",reason="shutdown"\} 2/)
  t.true(run.lines.some(line => line['level'] === 50 && line['records'] === 2))
})

test('an exporter that cannot start leaves the old one running, queue and all', async t => {
  const { plugins, log, faults } = createReloadPlugins()
  const run = await runPipeline(t, 'exporters: {end: {lock: disk}}', plugins)
  const queue = 'sending_queue: {queue_size: 1MiB}'
  faults.startOnce.add('end')
  log.length = 0
  await t.throwsAsync(run.reload(`exporters: {end: {lock: disk, value: x, ${queue}}}`), {
    message: 'exporter end did not start: cannot start',
  })
  t.deepEqual(log, ['create end', 'stop end', 'start end', 'stop end', 'create end', 'start end'])
  t.is(run.statusBoard.report()[0]?.status, 'ok')
  await run.send(sampleLogs(['a']))
  await run.stop()
  const { sent, queue: now } = run.pipelines.stats().exporters[0]!
  t.deepEqual([sent, now?.capacity], [1, 128 * 1024 ** 2])
})

test('when another part of the config fails, exporters go back to what they were', async t => {
  const { plugins, faults } = createReloadPlugins()
  const run = await runPipeline(t, 'exporters: {end: , queued_sink: }', plugins)
  faults.start.add('source')
  const queue = 'sending_queue: {queue_size: 1MiB}'
  const to = `receivers: {test: , source: }\nexporters: {end: {value: x, ${queue}}, queued_sink: {${queue}}}`
  await t.throwsAsync(run.reload(to), { message: 'receiver source did not start: cannot start' })
  const capacities = run.pipelines.stats().exporters.map(({ queue }) => queue?.capacity)
  t.deepEqual(capacities, [128 * 1024 ** 2, 128 * 1024 ** 2])
  await run.send(sampleLogs(['a']))
  await run.stop()
  t.deepEqual(
    run.pipelines.stats().exporters.map(({ sent }) => sent),
    [1, 1],
  )
})

test('one that cannot even go back refuses retryably and says so', async t => {
  const { plugins, faults } = createReloadPlugins()
  const run = await runPipeline(
    t,
    'exporters: {end: {sending_queue: {enabled: false}, retry_on_failure: {enabled: false}}}',
    plugins,
  )
  faults.start.add('end')
  const to =
    'exporters: {end: {value: x, sending_queue: {enabled: false}, retry_on_failure: {enabled: false}}}'
  await t.throwsAsync(run.reload(to), { message: 'exporter end did not start: cannot start' })
  t.like(run.statusBoard.report()[0], { status: 'permanent_error' })
  const error = await t.throwsAsync(run.send(sampleLogs(['a'])), { instanceOf: PipelineError })
  t.like(error, { retryable: true })
  faults.start.clear()
  await run.reload(to)
  await run.send(sampleLogs(['a']))
  t.like(run.statusBoard.report()[0], { status: 'ok' })
})

test('the wait for an exporter that is being exchanged counts for no timeout', async t => {
  const stops: (() => void)[] = []
  const slow: Plugin = definePlugin({
    kind: 'exporter',
    type: 'slow',
    stability: 'stable',
    summary: 'Test.',
    config: z.strictObject({ value: z.string().optional(), ...exportChainFields('5s') }),
    create: () => ({
      stop: () => new Promise(resolve => stops.push(resolve)),
      consume: async () => {},
    }),
  })
  const clock = new ManualClock()
  const to = (value: string): string =>
    `exporters: {slow: {value: ${value}, retry_on_failure: {enabled: false}}}`
  const run = await runPipeline(t, to('a'), [slow], { clock })
  const reloaded = run.reload(to('b'))
  await until(() => stops.length === 1)
  await run.send(sampleLogs(['a']))
  await clock.advance(60_000)
  stops[0]?.()
  await reloaded
  await settle()
  t.like(run.pipelines.stats().exporters[0], { sent: 1, dropped: 0 })
  const end = run.stop()
  await until(() => stops.length === 2)
  stops[1]?.()
  await end
})
