import test from 'ava'
import { nopReceiver } from '../../../../plugins/receivers/nop/index.ts'
import { createTestContext, LogSink } from '../../../../src/testing/index.ts'
import { complaintsOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'

test('it starts, and nothing ever comes out of it', async t => {
  const sink = new LogSink()
  for (const [id, config] of sampleConfigs(nopReceiver)) {
    const receiver = nopReceiver.create(config, createTestContext('receiver', id), sink)
    await receiver.start?.()
    await receiver.stop?.(AbortSignal.timeout(1000))
  }
  t.is(sink.count, 0)
})

test('it has no keys', t => {
  t.deepEqual(complaintsOf(nopReceiver, 'port: 1'), [': Unrecognized key: "port"'])
})
