import { AggregatorRegistry } from 'prom-client'
import type { EventLoopLag } from './event-loop-lag.ts'
import type { Metrics } from './metrics.ts'
import { updateProcessMetrics } from './process-metrics.ts'

/** What `/metrics` answers. */
export interface MetricsText {
  readonly contentType: string
  readonly body: string
}

/** The metrics of one process at one moment, as it can be sent to another: JSON. */
export type MetricsSnapshot = readonly MetricValues[]

interface MetricValues {
  readonly name: string
  readonly type: unknown
}

/** The metrics of this process alone, brought up to date. */
export async function takeSnapshot(metrics: Metrics, lag: EventLoopLag): Promise<MetricsSnapshot> {
  refresh(metrics, lag)
  return await metrics.registry.getMetricsAsJSON()
}

/** The same as text for Prometheus. */
export async function metricsText(metrics: Metrics, lag: EventLoopLag): Promise<MetricsText> {
  refresh(metrics, lag)
  const { contentType } = metrics.registry
  return { contentType, body: await metrics.registry.metrics() }
}

/** The metrics of several processes as those of one. */
export async function mergedText(snapshots: readonly MetricsSnapshot[]): Promise<MetricsText> {
  const registry = AggregatorRegistry.aggregate([...snapshots])
  return { contentType: registry.contentType, body: await registry.metrics() }
}

/**
 * What must still be counted when the process is gone, or silent: a sum that gets smaller looks like
 * a restart to Prometheus, which then counts everything again.
 */
export async function countersOf(...snapshots: MetricsSnapshot[]): Promise<MetricsSnapshot> {
  const counters = snapshots.map(snapshot => snapshot.filter(isCounter))
  return await AggregatorRegistry.aggregate(counters).getMetricsAsJSON()
}

function isCounter({ type }: MetricValues): boolean {
  return type === 'counter' || type === 'histogram'
}

function refresh(metrics: Metrics, lag: EventLoopLag): void {
  updateProcessMetrics(metrics, lag)
  for (const update of metrics.beforeScrape) update()
}
