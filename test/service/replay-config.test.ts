import test from 'ava'
import { plugins } from '../../plugins/index.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { ServiceConfig } from '../../src/config/service-config.ts'
import { replayConfig } from '../../src/service/replay-config.ts'

const TEXT = `
receivers: { kafka: , kafka/b: , nop: }
connectors: { forward: , forward/b: }
exporters:
  nop:
  clickhouse: { endpoint: "http://localhost:1", sending_queue: { queue_size: 7 } }
service:
  pipelines:
    logs/in: { receivers: [kafka, nop], exporters: [forward] }
    logs/out: { receivers: [forward, nop], exporters: [clickhouse] }
    logs/other: { receivers: [kafka/b, nop], exporters: [nop, forward/b] }
    logs/end: { receivers: [forward/b], exporters: [nop] }`

async function reduced(receiver: string): Promise<ServiceConfig> {
  const { config } = await loadConfig({ sources: [`yaml:${TEXT}`], plugins, env: {} })
  return replayConfig(config!, receiver, () => ({}))
}

test('only what the receiver leads to is left, with no other receiver', async t => {
  const { pipelines, receivers } = await reduced('kafka')
  t.deepEqual(
    pipelines.map(({ id, receivers: from, exporters }) => [id, from, exporters]),
    [
      ['logs/in', ['kafka'], ['forward']],
      ['logs/out', ['forward'], ['clickhouse']],
    ],
  )
  t.deepEqual([...receivers.keys()], ['kafka'])
  const other = await reduced('kafka/b')
  t.deepEqual(
    other.pipelines.map(({ id }) => id),
    ['logs/other', 'logs/end'],
  )
})

test('exporters have no queue, and everything else that they had', async t => {
  const { exporters } = await reduced('kafka')
  const config = exporters.get('clickhouse')!.config
  t.like(config, {
    endpoint: 'http://localhost:1',
    sending_queue: { enabled: false, queue_size: 7 },
  })
  t.deepEqual(exporters.get('nop')!.config, {})
})
