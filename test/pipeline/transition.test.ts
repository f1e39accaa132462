import test from 'ava'
import { z } from 'zod'
import { definePlugin, type Plugin } from '../../src/plugin/define-plugin.ts'
import { runPipeline, sampleLogs, settle } from '../../src/testing/index.ts'
import { createReloadPlugins } from '../helpers/reload-plugins.ts'

interface Config {
  readonly receivers?: string
  readonly processors?: string
  readonly exporters?: string
}

/** `{receivers: 'source: {value: a}'}`; the test's own receiver is always there. */
function yaml({ receivers = '', processors = '', exporters = 'sink: ' }: Config): string {
  return `
receivers: {test: , ${receivers}}
processors: {${processors}}
exporters: {${exporters}}
`
}

async function start(t: Parameters<typeof runPipeline>[0], first: Config) {
  const { plugins, log, faults } = createReloadPlugins()
  const run = await runPipeline(t, yaml(first), plugins)
  log.length = 0
  const statuses = (): string[] =>
    run.statusBoard.report().map(({ kind, id, status }) => `${kind} ${id} ${status}`)
  return { run, log, faults, statuses, reload: (to: Config) => run.reload(yaml(to)) }
}

test('the same config once more changes nothing', async t => {
  const config = { receivers: 'source: ', processors: 'step: ', exporters: 'end: ' }
  const { reload, log } = await start(t, config)
  t.deepEqual(await reload(config), {
    kept: [
      'exporter end',
      'processor step of logs',
      'receiver test',
      'receiver source',
      'pipeline logs',
    ],
    added: [],
    changed: [],
    rewired: [],
    removed: [],
  })
  t.deepEqual(log, [])
})

test('what is added starts before what is removed stops, tail to head', async t => {
  const { reload, log } = await start(t, { processors: 'step/old: ', exporters: 'end/old: ' })
  await reload({ processors: 'step/new: ', exporters: 'end/new: ' })
  t.deepEqual(log, [
    'create end/new',
    'create step/new',
    'start end/new',
    'start step/new',
    'stop step/old',
    'stop end/old',
  ])
})

test('a changed processor is there before its predecessor stops; those behind it are kept', async t => {
  const { reload, log } = await start(t, { processors: 'step/a: , step/b: , step/c: ' })
  const changes = await reload({ processors: 'step/a: , step/b: {value: x}, step/c: ' })
  t.like(changes, {
    rewired: ['processor step/a of logs'],
    changed: ['processor step/b of logs (value)', 'pipeline logs'],
  })
  t.true(changes.kept.includes('processor step/c of logs'))
  t.deepEqual(log, [
    'create step/b',
    'create step/a',
    'start step/b',
    'start step/a',
    'stop step/a',
    'stop step/b',
  ])
})

test('a changed exporter stops before its successor starts; nothing before it is touched', async t => {
  const { reload, log } = await start(t, { processors: 'step: ', exporters: 'end: {lock: disk}' })
  const changes = await reload({ processors: 'step: ', exporters: 'end: {lock: disk, value: x}' })
  t.deepEqual(changes.changed, ['exporter end (value)'])
  t.true(changes.kept.includes('pipeline logs'))
  t.deepEqual(log, ['create end', 'stop end', 'start end'])
})

test('a changed receiver stops before its successor starts', async t => {
  const { reload, log, run } = await start(t, { receivers: 'source: {lock: port}' })
  await reload({ receivers: 'source: {lock: port, value: x}' })
  t.deepEqual(log, ['create source', 'stop source', 'start source'])
  t.true(run.lines.some(({ msg }) => msg === 'receiver source changed: its listener is reopened'))
})

test('a receiver may take the address of one that is removed', async t => {
  const { reload, log } = await start(t, { receivers: 'source/a: {lock: port}' })
  await reload({ receivers: 'source/b: {lock: port}' })
  t.deepEqual(log, ['create source/b', 'stop source/a', 'start source/b'])
})

test('requests under way finish in the old pipeline, new ones enter the new one', async t => {
  const { run, reload } = await start(t, { exporters: 'sink/old: ' })
  const old = run.sink('sink/old')
  let release = (): void => undefined
  old.before = () => new Promise(resolve => (release = resolve))
  const first = run.send(sampleLogs(['a']))
  const reloaded = reload({ exporters: 'sink/new: ' })
  while (run.pipelines.stats().exporters[0]?.id !== 'sink/new') await settle()
  await run.send(sampleLogs(['b']))
  t.deepEqual(old.bodies, [])
  release()
  await Promise.all([first, reloaded])
  t.deepEqual([old.bodies, run.sink('sink/new').bodies], [['a'], ['b']])
})

test('figures of a pipeline go on; components that are gone are gone from health and metrics', async t => {
  const { run, reload, statuses } = await start(t, { processors: 'step: ', exporters: 'end: ' })
  await run.send(sampleLogs(['a', 'b']))
  await reload({ exporters: 'sink: ' })
  await run.send(sampleLogs(['c']))
  t.like(run.pipelines.stats().pipelines[0], { id: 'logs', in: 3, out: 3 })
  t.deepEqual(statuses(), ['receiver test ok', 'exporter sink ok'])
  const metrics = await run.metrics.registry.metrics()
  t.notRegex(metrics, /otelcol_exporter_queue_(?:size|capacity)\{exporter="end"\}/)
  t.regex(metrics, /otelcol_exporter_sent_log_records_total\{exporter="end"\} 2/)
})

for (const fault of ['create', 'start'] as const) {
  for (const id of ['end/new', 'step/new', 'source/new']) {
    test(`nothing changes when ${id} fails to ${fault}`, async t => {
      const { run, reload, log, faults, statuses } = await start(t, {})
      faults[fault].add(id)
      const error = await t.throwsAsync(
        reload({
          receivers: 'source/new: ',
          processors: 'step/new: ',
          exporters: 'sink: , end/new: ',
        }),
      )
      t.true(error.message.includes(id), error.message)
      t.deepEqual(statuses(), ['exporter sink ok', 'receiver test ok'])
      const started = log.filter(line => line.startsWith('start') && !line.endsWith(id))
      const stopped = log.filter(line => line.startsWith('stop'))
      for (const line of started) t.true(stopped.includes(line.replace('start', 'stop')), line)
      await run.send(sampleLogs(['a']))
      t.deepEqual(run.sink('sink').bodies, ['a'])
      faults[fault].clear()
      await t.notThrowsAsync(reload({ exporters: 'sink: , end/new: ' }))
    })
  }
}

test('when a changed receiver cannot start, the old one is opened again', async t => {
  const { reload, log, faults, statuses, run } = await start(t, {
    receivers: 'source: {lock: port}',
    exporters: 'end: ',
  })
  faults.start.add('source/new')
  const to = { receivers: 'source: {lock: port, value: x}, source/new: ' }
  await t.throwsAsync(reload({ ...to, exporters: 'end: {value: y}' }), {
    message: 'receiver source/new did not start: cannot start',
  })
  t.deepEqual(log.slice(log.indexOf('stop source')), [
    'stop source',
    'start source',
    'start source/new',
    'stop source',
    'stop source/new',
    'create source',
    'create source/new',
    'start source',
    'start source/new',
    'stop source',
    'stop source/new',
    'create source',
    'start source',
    'create end',
    'stop end',
    'start end',
  ])
  t.deepEqual(statuses(), ['exporter end ok', 'receiver test ok', 'receiver source ok'])
  faults.start.clear()
  await t.notThrowsAsync(run.reload(yaml({ ...to, exporters: 'end: ' })))
})

test('a stop waits for what the last config left to drain', async t => {
  const { run, reload } = await start(t, { exporters: 'queued_sink: {timeout: 0s}' })
  const old = run.sink('queued_sink')
  let release = (): void => undefined
  old.before = () => new Promise(resolve => (release = resolve))
  await run.send(sampleLogs(['a']))
  await settle()
  const reloaded = reload({ exporters: 'sink: ' })
  while (run.pipelines.stats().exporters[0]?.id !== 'sink') await settle()
  const stopped = run.stop()
  await settle()
  t.is(old.count, 0)
  release()
  await Promise.all([stopped, reloaded])
  t.deepEqual(old.bodies, ['a'])
})

const CONNECTED = (end: string, link = ''): string => `
receivers: {test: }
connectors: {link: {${link}}}
exporters: {${end}: }
service:
  pipelines:
    logs/in: {receivers: [test], exporters: [link]}
    logs/out: {receivers: [link], exporters: [${end}]}
`

test('a connector is kept when only what it leads to changes, and made anew when it changes', async t => {
  const { plugins, log } = createReloadPlugins()
  const run = await runPipeline(t, CONNECTED('sink'), plugins)
  log.length = 0
  const first = await run.reload(CONNECTED('sink/2'))
  t.deepEqual(log, [])
  t.true(first.kept.includes('connector link'))
  t.true(first.kept.includes('pipeline logs/in'))
  await run.send(sampleLogs(['a']))
  t.deepEqual(run.sink('sink/2').bodies, ['a'])
  const second = await run.reload(CONNECTED('sink/2', 'value: x'))
  t.true(second.changed.includes('connector link (value)'))
  t.deepEqual(log, ['create link', 'start link', 'stop link'])
  await run.send(sampleLogs(['b']))
  t.deepEqual(run.sink('sink/2').bodies, ['a', 'b'])
})

/** A receiver that frees its address at the begin of its stop, or only at the end. */
function slowReceiver(frees: 'first' | 'last') {
  const taken = new Set<string>()
  const state = { release: (): void => undefined, starts: 0 }
  const plugin: Plugin = definePlugin({
    kind: 'receiver',
    type: 'slow',
    stability: 'stable',
    summary: 'Test.',
    config: z.strictObject({ value: z.string() }),
    create: () => {
      let holds = false
      return {
        start: async () => {
          if (taken.has('port')) throw new Error('port is in use')
          taken.add('port')
          holds = true
          state.starts++
        },
        stop: async () => {
          if (!holds) return
          if (frees === 'first') taken.delete('port')
          await new Promise<void>(resolve => (state.release = resolve))
          if (frees === 'last') taken.delete('port')
        },
      }
    },
  })
  return { plugin, state }
}

for (const frees of ['first', 'last'] as const) {
  test(`a changed receiver listens again as soon as its address is free: ${frees}`, async t => {
    const { plugin, state } = slowReceiver(frees)
    const run = await runPipeline(t, 'receivers: {slow: {value: a}}', [plugin])
    let isDone = false
    const reloaded = run.reload('receivers: {slow: {value: b}}').then(() => (isDone = true))
    await new Promise(resolve => setTimeout(resolve, 20))
    t.is(state.starts, frees === 'first' ? 2 : 1)
    t.false(isDone)
    state.release()
    await reloaded
    t.is(state.starts, 2)
    const stopped = run.stop()
    await settle()
    state.release()
    await stopped
  })
}
