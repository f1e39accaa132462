import type { EventLoopLag } from './event-loop-lag.ts'
import type { Metrics } from './metrics.ts'

/**
 * Brings the metrics about the process itself up to date; called before each scrape, so that a
 * process nobody looks at pays nothing.
 */
export function updateProcessMetrics(metrics: Metrics, lag: EventLoopLag): void {
  const memory = process.memoryUsage()
  const cpu = process.cpuUsage()
  // These counters are kept by the system; prom-client can only be told the difference.
  metrics.processUptime.reset()
  metrics.processUptime.inc(process.uptime())
  metrics.processCpu.reset()
  metrics.processCpu.inc((cpu.user + cpu.system) / 1e6)
  metrics.processRss.set(memory.rss)
  metrics.processHeapAlloc.set(memory.heapUsed)
  metrics.processSysMemory.set(memory.heapTotal + memory.external)
  metrics.processExternal.set(memory.external)
  const { mean, p50, p99, max } = lag.get()
  metrics.eventLoopLag.set({ stat: 'mean' }, mean)
  metrics.eventLoopLag.set({ stat: 'p50' }, p50)
  metrics.eventLoopLag.set({ stat: 'p99' }, p99)
  metrics.eventLoopLag.set({ stat: 'max' }, max)
}
