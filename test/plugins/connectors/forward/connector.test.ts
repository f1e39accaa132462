import test from 'ava'
import { forwardConnector } from '../../../../plugins/connectors/forward/index.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { createTestContext, LogSink } from '../../../../src/testing/index.ts'
import { complaintsOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'

const batch = buildLogs([{ records: [{ body: 'through' }] }], { requestId: 'r' })
const signal = AbortSignal.timeout(5000)

test('the batch itself goes to the pipelines behind', async t => {
  for (const [id, config] of sampleConfigs(forwardConnector)) {
    const sink = new LogSink()
    const context = createTestContext('connector', id)
    await forwardConnector.create(config, context, sink).consume(batch, signal)
    t.is(sink.batches[0], batch)
  }
})

test("their refusal is the sender's, with the signal handed on", async t => {
  const sink = new LogSink()
  const refusal = PipelineError.retryable('queue is full', { retryAfterMs: 5000 })
  sink.before = (_, given) => {
    t.is(given, signal)
    throw refusal
  }
  const context = createTestContext('connector', 'forward')
  const connector = forwardConnector.create({}, context, sink)
  t.is(await t.throwsAsync(connector.consume(batch, signal)), refusal)
})

test('it has no keys', t => {
  t.deepEqual(complaintsOf(forwardConnector, 'a: 1'), [': Unrecognized key: "a"'])
})
