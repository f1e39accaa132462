import test from 'ava'
import { EventLoopLag } from '../../src/telemetry/event-loop-lag.ts'
import { Metrics } from '../../src/telemetry/metrics.ts'
import { updateProcessMetrics } from '../../src/telemetry/process-metrics.ts'

test('every update replaces the figures of the one before', async t => {
  const metrics = new Metrics()
  const lag = new EventLoopLag()
  t.teardown(() => lag.stop())
  updateProcessMetrics(metrics, lag)
  updateProcessMetrics(metrics, lag)
  const value = async (name: string) => {
    const metric = await metrics.registry.getSingleMetric(name)!.get()
    return metric.values[0]!.value
  }
  const uptime = await value('otelcol_process_uptime_seconds_total')
  t.true(uptime > 0 && uptime <= process.uptime(), `uptime ${uptime}`)
  const cpu = await value('otelcol_process_cpu_seconds_total')
  t.true(cpu > 0 && cpu <= process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6)
  t.true((await value('otelcol_process_memory_rss_bytes')) > 10e6)
  t.true((await value('otelcol_process_runtime_heap_alloc_bytes')) > 1e6)
  t.true((await value('otelcol_process_runtime_total_sys_memory_bytes')) > 1e6)
})
