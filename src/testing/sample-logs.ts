import type { BatchContext } from '../batch/batch.ts'
import type { LogBatch } from '../batch/log-batch.ts'
import { buildLogs } from '../otlp/build-logs.ts'

let requests = 0

/** A batch with one record per body; a request of its own unless `context` says otherwise. */
export function sampleLogs(bodies: readonly string[], context?: Partial<BatchContext>): LogBatch {
  const records = bodies.map(body => ({ body, severityNumber: 9, timeUnixNano: 1n }))
  const resource = { 'service.name': 'sample' }
  return buildLogs([{ resource, scopeName: 'test', records }], {
    requestId: `request-${++requests}`,
    ...context,
  })
}

/** Bodies of a batch's records, in order. */
export function bodiesOf(batch: LogBatch): string[] {
  const cursor = batch.cursor()
  return Array.from({ length: batch.count }, (_, i) => cursor.seek(batch.row(i)).bodyText())
}
