import test from 'ava'
import { componentStats } from '../../src/service/component-stats.ts'
import { Metrics } from '../../src/telemetry/metrics.ts'

test('transports and pipelines are summed, reasons told apart, what is gone left out', async t => {
  const metrics = new Metrics()
  const components = [
    { kind: 'receiver', id: 'otlp' },
    { kind: 'processor', id: 'batch' },
  ] as const
  metrics.receiverAccepted.inc({ receiver: 'gone', transport: 'grpc' }, 3)
  metrics.receiverAccepted.inc({ receiver: 'otlp', transport: 'grpc' }, 3)
  metrics.receiverAccepted.inc({ receiver: 'otlp', transport: 'http' }, 4)
  metrics.receiverRefused.inc({ receiver: 'otlp', transport: 'http' }, 1)
  metrics.processorIncoming.inc({ processor: 'batch', pipeline: 'logs' }, 5)
  metrics.processorIncoming.inc({ processor: 'batch', pipeline: 'logs/2' }, 6)
  metrics.dropped.inc({ component: 'clickhouse', reason: 'too_large' }, 1)
  metrics.dropped.inc({ component: 'clickhouse', reason: 'invalid' }, 2)
  t.deepEqual(await componentStats(metrics, components), {
    receivers: { otlp: { accepted: 7, refused: 1 } },
    processors: { batch: { incoming: 11 } },
    dropped: { clickhouse: { records: { too_large: 1, invalid: 2 } } },
  })
})
