import test from 'ava'
import { nopExporter } from '../../../../plugins/exporters/nop/index.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { createTestContext } from '../../../../src/testing/index.ts'
import { complaintsOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'

test('every batch is accepted at once, whatever the sample config', async t => {
  const batch = buildLogs([{ records: [{ body: 'gone' }] }], { requestId: 'r1' })
  for (const [id, config] of sampleConfigs(nopExporter)) {
    const exporter = nopExporter.create(config, createTestContext('exporter', id))
    t.is(await exporter.consume(batch, AbortSignal.timeout(1000)), undefined)
  }
})

test('it has no keys', t => {
  t.deepEqual(complaintsOf(nopExporter, 'path: /tmp/x'), [': Unrecognized key: "path"'])
})
