import test from 'ava'
import { plugins } from '../../plugins/index.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { ServiceConfig } from '../../src/config/service-config.ts'
import { letterDirectories, letterDirectoryOf, storagesOf } from '../../src/pipeline/storages.ts'
import { createTestEnds } from '../../src/testing/test-plugins.ts'

async function configOf(exporters: string, service = ''): Promise<ServiceConfig> {
  const text = `
receivers: {test: }
extensions: {file_storage/a: {directory: /data/a}, file_storage/b: {directory: /data/b}}
exporters: {${exporters}}
service:
  extensions: [file_storage/a]
  pipelines: {logs: {receivers: [test], exporters: [queued_sink]}}
  ${service}`
  const all = [...plugins, ...createTestEnds().plugins]
  const { config, problems } = await loadConfig({
    sources: [`yaml:${text}`],
    plugins: all,
    env: {},
  })
  if (config === undefined) throw new Error(JSON.stringify(problems))
  return config
}

test('the storages are those that the service runs', async t => {
  const config = await configOf('queued_sink: ')
  t.deepEqual([...storagesOf(config).keys()], ['file_storage/a'])
})

test('an exporter with a queue on disk has its dead letters beside it', async t => {
  const config = await configOf(
    'queued_sink: {sending_queue: {storage: file, directory: /q/}}, queued_sink/b: {sending_queue: {storage: file_storage/a}}, queued_sink/c: , sink: , queued_sink/d: {sending_queue: {enabled: false, storage: file, directory: /d}}',
  )
  t.is(letterDirectoryOf(config, 'queued_sink'), '/q-dead-letter')
  t.is(letterDirectoryOf(config, 'queued_sink/b'), '/data/a/exporter_queued_sink_b-dead-letter')
  for (const id of ['queued_sink/c', 'queued_sink/d', 'sink', 'gone']) {
    t.is(letterDirectoryOf(config, id), undefined)
  }
})

test('all directories of a config', async t => {
  const config = await configOf(
    'queued_sink: {sending_queue: {storage: file, directory: /q}}, queued_sink/b: {sending_queue: {storage: file, directory: /b}}',
    'dead_letter: {directory: /dead}',
  )
  t.deepEqual(letterDirectories(config), ['/dead', '/q-dead-letter', '/b-dead-letter'])
})
