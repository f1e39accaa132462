import test from 'ava'
import { z } from 'zod'
import { exportChainFields } from '../../src/export/config.ts'
import { definePlugin, type Plugin } from '../../src/plugin/define-plugin.ts'
import {
  type PipelineRun,
  runPipeline,
  sampleLogs,
  type TearDown,
} from '../../src/testing/index.ts'

/** Plugins that say when they are created, started and stopped, and change the record's way. */
function recording(): { log: string[]; plugins: Plugin[] } {
  const log: string[] = []
  const lifecycle = (name: string) => ({
    start: async () => void log.push(`start ${name}`),
    stop: async () => void log.push(`stop ${name}`),
  })
  const base = { stability: 'stable', summary: 'Test.', config: z.strictObject({}) } as const
  const receiver: Plugin = {
    ...base,
    kind: 'receiver',
    type: 'source',
    create: (_config, { id }) => {
      log.push(`create ${id}`)
      return lifecycle(id)
    },
  }
  const processor: Plugin = {
    ...base,
    kind: 'processor',
    type: 'step',
    create: (_config, { id }, next) => {
      log.push(`create ${id}`)
      return { ...lifecycle(id), consume: (batch, signal) => next.consume(batch, signal) }
    },
  }
  const connector: Plugin = {
    ...base,
    kind: 'connector',
    type: 'link',
    create: (_config, { id }, next) => {
      log.push(`create ${id}`)
      return { ...lifecycle(id), consume: (batch, signal) => next.consume(batch, signal) }
    },
  }
  const exporter: Plugin = definePlugin({
    ...base,
    kind: 'exporter',
    type: 'end',
    config: z.strictObject(exportChainFields('5s')),
    create: (_config, { id }) => {
      log.push(`create ${id}`)
      return { ...lifecycle(id), consume: async () => {} }
    },
  })
  return { log, plugins: [receiver, processor, connector, exporter] }
}

async function run(
  t: TearDown,
  yaml: string,
  role?: string,
): Promise<{ log: string[]; run: PipelineRun }> {
  const { log, plugins } = recording()
  return { log, run: await runPipeline(t, yaml, plugins, role === undefined ? {} : { role }) }
}

const SHARED = `
receivers: {source: }
processors: {step: }
exporters: {end: }
service:
  roles: {first: [logs/a]}
  pipelines:
    logs/a: {receivers: [source], processors: [step], exporters: [end]}
    logs/b: {receivers: [source], processors: [step], exporters: [end]}
`

test('receivers and exporters are shared by pipelines, processors are not', async t => {
  const { log } = await run(t, SHARED)
  const created = log.filter(entry => entry.startsWith('create'))
  t.deepEqual(created.toSorted(), ['create end', 'create source', 'create step', 'create step'])
})

test('everything is created and started tail to head, and stopped head to tail', async t => {
  const { log, run: running } = await run(t, SHARED, 'first')
  await running.stop()
  t.deepEqual(log, [
    'create end',
    'create step',
    'create source',
    'start end',
    'start step',
    'start source',
    'stop source',
    'stop step',
    'stop end',
  ])
})

test('a role builds its own pipelines only', async t => {
  const { run: running } = await run(t, SHARED, 'first')
  t.deepEqual(
    running.pipelines.stats().pipelines.map(({ id }) => id),
    ['logs/a'],
  )
})

test('an unknown role is refused by name', async t => {
  await t.throwsAsync(run(t, SHARED, 'fist'), { message: /unknown role "fist"/ })
})

const CONNECTED = `
receivers: {test: }
connectors: {link: }
exporters: {sink: }
service:
  roles: {half: [logs/in], other: [logs/out]}
  pipelines:
    logs/in: {receivers: [test], exporters: [link]}
    logs/out: {receivers: [link], exporters: [sink]}
`

test('a connector leads from one pipeline into the next', async t => {
  const { run: running } = await run(t, CONNECTED)
  await running.send(sampleLogs(['a', 'b']))
  t.deepEqual(running.sink().bodies, ['a', 'b'])
  t.deepEqual(
    running.pipelines.stats().pipelines.map(({ id, in: count, out }) => [id, count, out]),
    [
      ['logs/out', 2, 2],
      ['logs/in', 2, 2],
    ],
  )
})

test('a connector without a pipeline behind it in the role is refused by name', async t => {
  await t.throwsAsync(run(t, CONNECTED, 'half'), { message: /connector link leads nowhere/ })
})

test('so is one that no pipeline of the role feeds', async t => {
  await t.throwsAsync(run(t, CONNECTED, 'other'), { message: /connector link receives nothing/ })
})

test('every component is on the status board, processors with their pipeline', async t => {
  const { run: running } = await run(t, SHARED)
  t.deepEqual(
    running.statusBoard
      .report()
      .map(({ kind, id, pipeline, status }) => [kind, id, pipeline, status]),
    [
      ['exporter', 'end', undefined, 'ok'],
      ['processor', 'step', 'logs/a', 'ok'],
      ['processor', 'step', 'logs/b', 'ok'],
      ['receiver', 'source', undefined, 'ok'],
    ],
  )
  await running.stop()
  t.true(running.statusBoard.report().every(({ status }) => status === 'stopped'))
})

test('a component that cannot be created is named', async t => {
  const bad: Plugin = {
    kind: 'exporter',
    type: 'bad',
    stability: 'stable',
    summary: 'Test.',
    config: z.strictObject({}),
    create: () => {
      throw new Error('no such table')
    },
  }
  await t.throwsAsync(runPipeline(t, 'exporters: {bad: }', [bad]), {
    message: 'exporter bad: no such table',
  })
})
