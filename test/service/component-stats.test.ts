import test from 'ava'
import { componentStats } from '../../src/service/component-stats.ts'
import { Metrics } from '../../src/telemetry/metrics.ts'

test('transports are summed, reasons are told apart, gauges are shown', async t => {
  const metrics = new Metrics()
  metrics.receiverAccepted.inc({ receiver: 'otlp', transport: 'grpc' }, 3)
  metrics.receiverAccepted.inc({ receiver: 'otlp', transport: 'http' }, 4)
  metrics.exporterSent.inc({ exporter: 'clickhouse' }, 5)
  metrics.exporterSendFailed.inc({ exporter: 'clickhouse', reason: 'too_large' }, 1)
  metrics.exporterSendFailed.inc({ exporter: 'clickhouse', reason: 'invalid' }, 2)
  metrics.exporterQueueSize.set({ exporter: 'clickhouse' }, 77)
  t.deepEqual(await componentStats(metrics), {
    receivers: { otlp: { accepted: 7 } },
    processors: {},
    exporters: {
      clickhouse: { sent: 5, send_failed: { too_large: 1, invalid: 2 }, queue_size: 77 },
    },
  })
})
