import test from 'ava'
import { countIncoming, countOutgoing, Flow } from '../../src/pipeline/flow.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { Metrics } from '../../src/telemetry/metrics.ts'
import { LogSink, sampleLogs } from '../../src/testing/index.ts'

const never = new AbortController().signal

test('records are counted by their verdict at both ends; what lies between is filtered', async t => {
  const flow = new Flow('logs')
  const sink = new LogSink()
  const exit = flow.exit(sink)
  const entry = flow.entry({
    consume: (batch, signal) => exit.consume(batch.slice(0, 1), signal),
  })
  await entry.consume(sampleLogs(['a', 'b', 'c']), never)
  sink.before = () => {
    throw PipelineError.retryable('full')
  }
  await t.throwsAsync(entry.consume(sampleLogs(['d', 'e']), never))
  sink.before = () => {
    throw PipelineError.permanent('bad')
  }
  await t.throwsAsync(entry.consume(sampleLogs(['f']), never))
  t.deepEqual(flow.stats(), { id: 'logs', in: 3, out: 1, filtered: 2, refused: 2, dropped: 1 })
})

test('of a batch that was refused in part the rest has gone through', async t => {
  const flow = new Flow('logs')
  const sink = new LogSink()
  sink.before = () => Promise.reject(PipelineError.permanent('bad', { rejected: { count: 1 } }))
  const entry = flow.entry(flow.exit(sink))
  await t.throwsAsync(entry.consume(sampleLogs(['a', 'b', 'c']), never))
  t.deepEqual(flow.stats(), { id: 'logs', in: 2, out: 2, filtered: 0, refused: 0, dropped: 1 })
})

test('a batch under way counts nowhere yet', async t => {
  const flow = new Flow('logs')
  const entry = flow.entry({ consume: () => new Promise(() => {}) })
  void entry.consume(sampleLogs(['a']), never)
  t.deepEqual(flow.stats(), { id: 'logs', in: 0, out: 0, filtered: 0, refused: 0, dropped: 0 })
})

test('a receiver may have any number of batches under way with one signal', async t => {
  const warnings: Error[] = []
  const listen = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const { signal } = new AbortController()
  const entry = new Flow('logs').entry({
    consume: async (_batch, given) => given.addEventListener('abort', () => {}),
  })
  for (let i = 0; i < 20; i++) await entry.consume(sampleLogs(['a']), signal)
  await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(warnings, [])
})

test('processors are counted with their pipeline', async t => {
  const metrics = new Metrics()
  const incoming = countIncoming(new LogSink(), metrics, 'batch', 'logs/a')
  const outgoing = countOutgoing(new LogSink(), metrics, 'batch', 'logs/a')
  await incoming.consume(sampleLogs(['a', 'b']), never)
  await outgoing.consume(sampleLogs(['a']), never)
  const text = await metrics.registry.metrics()
  t.regex(text, /processor_incoming_items_total\{processor="batch",pipeline="logs\/a"\} 2/)
  t.regex(text, /processor_outgoing_items_total\{processor="batch",pipeline="logs\/a"\} 1/)
})
