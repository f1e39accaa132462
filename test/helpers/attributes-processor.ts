import { attributesProcessor } from '../../plugins/processors/attributes/index.ts'
import type { AnyValue } from '../../src/batch/any-value.ts'
import type { BatchContext } from '../../src/batch/batch.ts'
import type { LogBatch } from '../../src/batch/log-batch.ts'
import type { ScopeLogsParts } from '../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { encodeLogs } from '../../src/otlp/encode-logs.ts'
import { createTestContext, LogSink } from '../../src/testing/index.ts'
import { configOf } from './plugin-yaml.ts'

export const request: BatchContext = {
  requestId: 'r1',
  metadata: new Map([['x-tenant-id', ['acme', 'emca']]]),
  clientAddress: '10.1.2.3:4711',
}

/** Runs a batch through an attributes processor with this YAML. */
export async function run(yaml: string, batch: LogBatch): Promise<LogBatch> {
  const sink = new LogSink()
  const context = createTestContext('processor', 'attributes')
  const config = configOf(attributesProcessor, yaml)
  const processor = attributesProcessor.create(config, context, sink)
  await processor.consume(batch, AbortSignal.timeout(5000))
  return sink.batches[0]!
}

/** Attributes of every selected record, also after the batch went over the wire. */
export function attributesOf(batch: LogBatch): Record<string, AnyValue>[] {
  const read = (from: LogBatch): Record<string, AnyValue>[] => {
    const cursor = from.cursor()
    return Array.from({ length: from.count }, (_, i) =>
      Object.fromEntries(cursor.seek(from.row(i)).attributes()),
    )
  }
  const sent = decodeLogs(encodeLogs(batch), request).batch
  const direct = read(batch)
  return JSON.stringify(direct, plain) === JSON.stringify(read(sent), plain) ? direct : []
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

const records = [
  { body: 'GET /a', severityNumber: 9, severityText: 'INFO', attributes: { m: 'GET', n: 1n } },
  { body: 'POST /b', severityNumber: 17, severityText: 'ERROR', attributes: { m: 'POST', n: 2n } },
  { body: 'none' },
]
/** Two resources with three records each. */
export const scopes: readonly ScopeLogsParts[] = [
  { resource: { 'service.name': 'shop' }, scopeName: 'lib', scopeVersion: '1.0', records },
  { resource: { 'service.name': 'cart' }, scopeName: 'lib', scopeVersion: '2.0', records },
]
