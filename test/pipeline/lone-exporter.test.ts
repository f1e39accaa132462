import test from 'ava'
import type { ConfiguredComponent } from '../../src/config/service-config.ts'
import { createLoneExporter } from '../../src/pipeline/lone-exporter.ts'
import type { ExporterPlugin } from '../../src/plugin/define-plugin.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { createTestContext, sampleLogs } from '../../src/testing/index.ts'
import { createTestEnds } from '../../src/testing/test-plugins.ts'
import { NEVER } from '../helpers/verdict.ts'

function setUp() {
  const ends = createTestEnds()
  const plugin = ends.plugins.find(({ type }) => type === 'queued_sink') as ExporterPlugin
  const configured: ConfiguredComponent<ExporterPlugin> = {
    id: 'queued_sink/a',
    plugin,
    config: plugin.config.parse({ retry_on_failure: { initial_interval: '10ms' } }),
  }
  const exporter = createLoneExporter(configured, createTestContext('exporter', 'x'))
  return { exporter, sink: ends.sinks.get('queued_sink/a')! }
}

test('the verdict is that of the destination, although the config has a queue', async t => {
  const { exporter, sink } = setUp()
  await exporter.start()
  const no = PipelineError.permanent('no')
  sink.before = () => Promise.reject(no)
  t.is(await t.throwsAsync(exporter.consume(sampleLogs(['a']), NEVER)), no)
  sink.before = undefined
  await exporter.consume(sampleLogs(['b']), NEVER)
  t.deepEqual(sink.bodies, ['b'])
  await exporter.stop(NEVER)
})

test('trouble that passes soon is waited for', async t => {
  const { exporter, sink } = setUp()
  await exporter.start()
  let tries = 0
  sink.before = () => {
    if (++tries < 3) throw PipelineError.retryable('down')
  }
  await exporter.consume(sampleLogs(['a']), NEVER)
  t.is(tries, 3)
  await exporter.stop(NEVER)
})
