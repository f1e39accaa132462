import test from 'ava'
import { EventLoopLag } from '../../src/telemetry/event-loop-lag.ts'
import { Metrics } from '../../src/telemetry/metrics.ts'
import {
  countersOf,
  type MetricsSnapshot,
  mergedText,
  takeSnapshot,
} from '../../src/telemetry/snapshot.ts'

/** Of a process that has sent so many records, as another process gets it. */
async function snapshot(sent: number, change: (metrics: Metrics) => void = () => undefined) {
  const metrics = new Metrics()
  const lag = new EventLoopLag()
  metrics.exporterSent.inc({ exporter: 'a' }, sent)
  metrics.exporterQueueSize.set({ exporter: 'a' }, sent)
  metrics.exporterBatchRecords.observe({ exporter: 'a' }, sent)
  change(metrics)
  const taken = await takeSnapshot(metrics, lag)
  lag.stop()
  return JSON.parse(JSON.stringify(taken)) as MetricsSnapshot
}

test('counters, sizes and histograms of all processes add up', async t => {
  const { body, contentType } = await mergedText([await snapshot(2), await snapshot(3)])
  t.regex(contentType, /^text\/plain; version=0\.0\.4/)
  t.regex(body, /^otelcol_exporter_sent_log_records_total\{exporter="a"\} 5$/m)
  t.regex(body, /^otelcol_exporter_queue_size\{exporter="a"\} 5$/m)
  t.regex(body, /^otelcol_exporter_queue_batch_send_size_count\{exporter="a"\} 2$/m)
  t.regex(body, /^otelcol_exporter_queue_batch_send_size_bucket\{le="10",exporter="a"\} 2$/m)
  t.regex(body, /^otelcol_process_memory_rss_bytes \d{8}/m)
})

test('of what does not add up the highest counts', async t => {
  const { body } = await mergedText([
    await snapshot(0, metrics => metrics.configReloadOk.set(1)),
    await snapshot(0, metrics => metrics.configReloadTime.set(7)),
  ])
  t.regex(body, /^parsec_config_last_reload_successful 1$/m)
  t.regex(body, /^parsec_config_last_reload_success_timestamp_seconds 7$/m)
  const [, uptime] = /^otelcol_process_uptime_seconds_total (\S+)$/m.exec(body)!
  t.true(Number(uptime) <= process.uptime())
})

test('what is counted outlives its process, what is measured does not', async t => {
  const { body } = await mergedText([await countersOf(await snapshot(2), await snapshot(3))])
  t.regex(body, /^otelcol_exporter_sent_log_records_total\{exporter="a"\} 5$/m)
  t.regex(body, /^otelcol_exporter_queue_batch_send_size_sum\{exporter="a"\} 5$/m)
  t.notRegex(body, /^otelcol_exporter_queue_size/m)
})
