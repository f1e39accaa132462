import test from 'ava'
import { runPipeline, sampleLogs } from '../../src/testing/index.ts'

test('a record sent through a pipeline without a queue is at its exporter when the ack comes', async t => {
  const run = await runPipeline(t, '')
  await run.send(sampleLogs(['a', 'b']))
  t.deepEqual(run.sink().bodies, ['a', 'b'])
})
