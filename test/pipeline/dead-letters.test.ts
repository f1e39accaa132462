import test from 'ava'
import { plugins } from '../../plugins/index.ts'
import { loadConfig } from '../../src/config/load.ts'
import {
  type LetterPlace,
  letterDirectories,
  letterPlaceOf,
} from '../../src/pipeline/dead-letters.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { runPipeline, sampleLogs } from '../../src/testing/index.ts'
import { createTestEnds } from '../../src/testing/test-plugins.ts'
import { lettersIn } from '../helpers/dead-letters.ts'
import { tempFolder } from '../helpers/temp-folder.ts'

interface Places {
  readonly of: (exporter: string) => LetterPlace | undefined
  readonly directories: readonly string[]
}

async function placesOf(pipelines: string, more = ''): Promise<Places> {
  const text = `
receivers: {test: }
extensions: {file_storage: {directory: /data}}
exporters:
  sink:
  sink/b:
  sink/dead:
  queued_sink: {sending_queue: {storage: file, directory: /q}}
  queued_sink/b: {sending_queue: {storage: file_storage}}
  queued_sink/c: {sending_queue: {enabled: false, storage: file, directory: /c}}
service: {extensions: [file_storage], pipelines: {${pipelines}}${more}}`
  const all = [...plugins, ...createTestEnds().plugins]
  const { config, problems } = await loadConfig({
    sources: [`yaml:${text}`],
    plugins: all,
    env: {},
  })
  if (config === undefined) throw new Error(JSON.stringify(problems))
  return {
    of: exporter => letterPlaceOf(config, config.pipelines, exporter),
    directories: letterDirectories(config),
  }
}

test('a named exporter comes first, then the directory of the service', async t => {
  const places = await placesOf(
    'logs: {receivers: [test], exporters: [sink], dead_letter: sink/dead}, logs/b: {receivers: [test], exporters: [sink/b]}',
    ', dead_letter: {directory: /dead, max_size: 1KiB}',
  )
  t.deepEqual(places.of('sink'), { exporter: 'sink/dead' })
  t.deepEqual(places.of('sink/b'), { directory: '/dead', sizeBytesMax: 1024 })
  t.is(places.of('sink/dead'), undefined)
  t.deepEqual(places.directories, [
    '/dead',
    '/q-dead-letter',
    '/data/exporter_queued_sink_b-dead-letter',
  ])
})

test('without either, an exporter with a queue on disk has them beside it', async t => {
  const places = await placesOf('logs: {receivers: [test], exporters: [sink, queued_sink]}')
  t.deepEqual(places.of('queued_sink'), {
    directory: '/q-dead-letter',
    sizeBytesMax: 1024 ** 3,
  })
  t.is(places.of('queued_sink/c'), undefined)
  t.is(places.of('sink'), undefined)
})

test('an exporter of the pipeline that is its dead letter has none itself', async t => {
  const places = await placesOf(
    'logs: {receivers: [test], exporters: [sink, sink/dead], dead_letter: sink/dead}',
    ', dead_letter: {directory: /dead}',
  )
  t.deepEqual(places.of('sink'), { exporter: 'sink/dead' })
  t.is(places.of('sink/dead'), undefined)
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
    message: /exporter sink did not start: dead letters cannot be kept in \/dev\/null\/dead: /,
  })
})

test('a reload gives an exporter another dead letter, and its letters the names of its pipelines', async t => {
  const folder = `${await tempFolder(t)}/dead`
  const config = (service: string) => `
receivers: {test: }
exporters: {sink: , sink/dead: }
service: ${service}`
  const run = await runPipeline(
    t,
    config('{pipelines: {logs: {receivers: [test], exporters: [sink], dead_letter: sink/dead}}}'),
  )
  const refuse = () => Promise.reject(NO)
  const sink = run.sink('sink')
  sink.before = refuse
  await run.send(sampleLogs(['a']))
  t.deepEqual(run.sink('sink/dead').bodies, ['a'])
  await run.reload(
    config(
      `{dead_letter: {directory: ${folder}}, pipelines: {logs/b: {receivers: [test], exporters: [sink]}}}`,
    ),
  )
  await run.send(sampleLogs(['b']))
  const { letters } = await lettersIn(folder)
  t.deepEqual(
    letters.map(({ metadata }) => metadata.pipelines),
    [['logs/b']],
  )
  t.deepEqual(run.sink('sink/dead').bodies, ['a'])
  t.like(
    run.pipelines.stats().exporters.find(({ id }) => id === 'sink'),
    { dead_lettered: 2, ledger: { difference: 0 } },
  )
})
