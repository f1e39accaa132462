import type { Metrics } from '../telemetry/metrics.ts'
import type { PipelinesStats } from './pipelines.ts'

/**
 * Writes the books of pipelines and exporters into their gauges; called before each scrape. For a
 * pipeline in = out + filtered; for an exporter in + recovered is the sum of all its other accounts.
 */
export function publishBooks({ pipelines, exporters }: PipelinesStats, metrics: Metrics): void {
  // Without those that are gone since a reload.
  metrics.pipelineRecords.reset()
  metrics.exporterRecords.reset()
  for (const { id: pipeline, ...accounts } of pipelines) {
    for (const [account, records] of Object.entries(accounts)) {
      metrics.pipelineRecords.set({ pipeline, account }, records)
    }
  }
  for (const { id: exporter, ledger } of exporters) {
    for (const [account, records] of Object.entries(ledger)) {
      metrics.exporterRecords.set({ exporter, account }, Number(records))
    }
  }
}
