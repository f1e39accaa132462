import test from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { DeadLetterStore } from '../../src/dead-letter/store.ts'
import { DeadLetters } from '../../src/pipeline/dead-letters.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createTestContext, runPipeline, sampleLogs } from '../../src/testing/index.ts'
import { createTestEnds } from '../../src/testing/test-plugins.ts'
import { lettersIn } from '../helpers/dead-letters.ts'
import { tempFolder } from '../helpers/temp-folder.ts'

const { logger } = createTestContext('exporter', 'x')

async function waysOf(pipelines: string, more = ''): Promise<(exporter: string) => string> {
  const text = `
receivers: {test: }
exporters: {sink: , sink/b: , sink/dead: , queued_sink: {sending_queue: {storage: file, directory: /q}}}
service: {pipelines: {${pipelines}}${more}}`
  const { plugins } = createTestEnds()
  const { config, problems } = await loadConfig({ sources: [`yaml:${text}`], plugins, env: {} })
  if (config === undefined) throw new Error(JSON.stringify(problems))
  const letters = new DeadLetters(config, config.pipelines, logger)
  return exporter => {
    const way = letters.wayOf(exporter)
    if (way === undefined) return 'nowhere'
    return way.kind === 'exporter' ? way.id : way.store.name
  }
}

test('a named exporter comes first, then the directory of the service', async t => {
  const way = await waysOf(
    'logs: {receivers: [test], exporters: [sink], dead_letter: sink/dead}, logs/b: {receivers: [test], exporters: [sink/b]}',
    ', dead_letter: {directory: /dead}',
  )
  t.is(way('sink'), 'sink/dead')
  t.is(way('sink/b'), 'directory /dead')
  t.is(way('sink/dead'), 'nowhere')
})

test('without either, an exporter with a queue on disk has them beside it', async t => {
  const way = await waysOf('logs: {receivers: [test], exporters: [sink, queued_sink]}')
  t.is(way('queued_sink'), 'directory /q-dead-letter')
  t.is(way('sink'), 'nowhere')
})

test('an exporter of the pipeline that is its dead letter has none itself', async t => {
  const way = await waysOf(
    'logs: {receivers: [test], exporters: [sink, sink/dead], dead_letter: sink/dead}',
    ', dead_letter: {directory: /dead}',
  )
  t.is(way('sink'), 'sink/dead')
  t.is(way('sink/dead'), 'nowhere')
})

test('exporters share the store of one directory', async t => {
  const text = `yaml:
receivers: {test: }
exporters: {sink: , sink/b: }
service:
  dead_letter: {directory: /dead}
  pipelines: {logs: {receivers: [test], exporters: [sink]}, logs/b: {receivers: [test], exporters: [sink, sink/b]}}`
  const { config } = await loadConfig({
    sources: [text],
    plugins: createTestEnds().plugins,
    env: {},
  })
  const letters = new DeadLetters(config!, config!.pipelines, logger)
  const [a, b] = [letters.wayOf('sink'), letters.wayOf('sink/b')]
  t.true(a?.kind === 'store' && b?.kind === 'store' && a.store === b.store)
  t.true(a?.kind === 'store' && a.store instanceof DeadLetterStore)
  t.deepEqual(letters.pipelinesOf('sink'), ['logs', 'logs/b'])
  t.deepEqual(letters.pipelinesOf('sink/b'), ['logs/b'])
})

const NO = PipelineError.permanent('no', { reason: 'rejected' })

test('a named exporter gets the records with a label, past its own queue', async t => {
  const run = await runPipeline(
    t,
    `
receivers: {test: }
exporters: {sink: , queued_sink/dead: }
service: {pipelines: {logs: {receivers: [test], exporters: [sink], dead_letter: queued_sink/dead}}}`,
  )
  run.sink('sink').before = () => Promise.reject(NO)
  await run.send(sampleLogs(['a', 'b']))
  const dead = run.sink('queued_sink/dead')
  t.deepEqual(dead.bodies, ['a', 'b'])
  const cursor = dead.batches[0]!.cursor().seek(0)
  t.is(cursor.resourceAttribute('parsec.dead_letter.destination'), 'sink')
  t.is(cursor.resourceAttribute('parsec.dead_letter.pipeline'), 'logs')
  t.is(cursor.resourceAttribute('service.name'), 'sample')
  const { exporters } = run.pipelines.stats()
  t.like(
    exporters.find(({ id }) => id === 'sink'),
    { dead_lettered: 2, sent: 0 },
  )
  t.like(
    exporters.find(({ id }) => id === 'queued_sink/dead'),
    { sent: 2 },
  )
})

test('what the dead letter refuses stays with its sender, and goes to no other dead letter', async t => {
  const folder = `${await tempFolder(t)}/dead`
  const run = await runPipeline(
    t,
    `
receivers: {test: }
exporters: {sink: , sink/dead: }
service:
  dead_letter: {directory: ${folder}}
  pipelines: {logs: {receivers: [test], exporters: [sink], dead_letter: sink/dead}}`,
  )
  run.sink('sink').before = () => Promise.reject(NO)
  run.sink('sink/dead').before = () => Promise.reject(NO)
  const error = await t.throwsAsync(run.send(sampleLogs(['a'])))
  t.like(error, { retryable: true })
  t.deepEqual((await lettersIn(folder)).letters, [])
  run.sink('sink/dead').before = undefined
  await run.send(sampleLogs(['a']))
  t.is(run.sink('sink/dead').count, 1)
})

test('a queue that drains at the stop still finds its dead letter', async t => {
  for (const to of ['dead_letter: queued_sink/dead', undefined]) {
    const folder = `${await tempFolder(t)}/dead`
    const run = await runPipeline(
      t,
      `
receivers: {test: }
exporters: {queued_sink: , queued_sink/dead: }
service:
  dead_letter: {directory: ${folder}}
  pipelines: {logs: {receivers: [test], exporters: [queued_sink], ${to ?? ''}}, logs/b: {receivers: [test], exporters: [queued_sink/dead]}}`,
    )
    const held = new Promise(resolve => setTimeout(resolve, 50))
    run.sink('queued_sink').before = async () => {
      await held
      throw NO
    }
    for (const body of ['a', 'b', 'c']) await run.send(sampleLogs([body]))
    await run.stop()
    const direct = run.sink('queued_sink/dead').bodies.length
    const stored = (await lettersIn(folder)).letters.length
    t.deepEqual([direct, stored], to === undefined ? [3, 3] : [6, 0])
  }
})

test('a directory that cannot be used stops the start with its name', async t => {
  const text = `
receivers: {test: }
exporters: {sink: }
service: {dead_letter: {directory: /dev/null/dead}, pipelines: {logs: {receivers: [test], exporters: [sink]}}}`
  await t.throwsAsync(runPipeline(t, text), {
    message: /dead letters in directory \/dev\/null\/dead did not start: .*cannot be kept/,
  })
})
