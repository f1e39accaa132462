import test from 'ava'
import { runPipeline } from '../../src/testing/index.ts'
import { createReloadPlugins } from '../helpers/reload-plugins.ts'

const SECRET = 'hunter2'

function yaml(logs: string, more = ''): string {
  return `
receivers: {test: , source: }
processors: {step: }
exporters: {sink: , end: {value: ${SECRET}${more}}}
service: {pipelines: {logs: {receivers: [test, source], exporters: [sink]}, ${logs}}}
`
}

test('every component and pipeline of both configs is named once, without values', async t => {
  const { plugins } = createReloadPlugins()
  const before = yaml('logs/a: {receivers: [test], processors: [step], exporters: [end]}')
  const run = await runPipeline(t, before, plugins)
  const after = yaml('logs/b: {receivers: [test], processors: [step], exporters: [end]}', 'x')
  const changes = await run.reload(after)
  t.deepEqual(changes, {
    kept: ['exporter sink', 'receiver test', 'receiver source', 'pipeline logs'],
    added: ['processor step of logs/b', 'pipeline logs/b'],
    changed: ['exporter end (value)'],
    rewired: [],
    removed: ['processor step of logs/a', 'pipeline logs/a'],
  })
  t.false(JSON.stringify(changes).includes(SECRET))
})

test('a pipeline with other exporters is changed although each of them is kept', async t => {
  const { plugins } = createReloadPlugins()
  const logs = (exporters: string): string =>
    yaml(`logs/a: {receivers: [test], processors: [step], exporters: [${exporters}]}`)
  const run = await runPipeline(t, logs('end'), plugins)
  t.like(await run.reload(logs('end, sink')), {
    added: [],
    changed: ['pipeline logs/a'],
    rewired: ['processor step of logs/a'],
    removed: [],
  })
})
