import test from 'ava'
import { publishBooks } from '../../src/pipeline/books.ts'
import { runPipeline, sampleLogs } from '../../src/testing/index.ts'

test('the books of every pipeline and exporter are on /metrics', async t => {
  const run = await runPipeline(t, '')
  await run.send(sampleLogs(['a', 'b']))
  publishBooks(run.pipelines.stats(), run.metrics)
  const text = await run.metrics.registry.metrics()
  t.regex(text, /parsec_pipeline_log_records\{pipeline="logs",account="in"\} 2\n/)
  t.regex(text, /parsec_pipeline_log_records\{pipeline="logs",account="filtered"\} 0\n/)
  t.regex(text, /parsec_exporter_log_records\{exporter="sink",account="sent"\} 2\n/)
  t.regex(text, /parsec_exporter_log_records\{exporter="sink",account="difference"\} 0\n/)
})

test('what is gone since a reload is gone from the books', async t => {
  const run = await runPipeline(t, '')
  publishBooks(run.pipelines.stats(), run.metrics)
  publishBooks({ pipelines: [], exporters: [] }, run.metrics)
  t.notRegex(await run.metrics.registry.metrics(), /parsec_exporter_log_records\{/)
})
