import type { ExecutionContext } from 'ava'
import { ingestReceiverConfig } from '../../plugins/receivers/ingest/config.ts'
import {
  type Layout,
  type ReadOptions,
  RecordReader,
  type RejectedRecord,
} from '../../plugins/receivers/ingest/read-records.ts'
import { IngestReceiver } from '../../plugins/receivers/ingest/receiver.ts'
import type { AnyValue } from '../../src/batch/any-value.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { LogSink } from '../../src/testing/log-sink.ts'
import { createTestContext, type TestContext } from '../../src/testing/test-context.ts'

/** A record as a later stage sees it; what is absent is left out. */
export interface SeenRecord {
  readonly time: bigint
  readonly observed: bigint
  readonly severity?: number
  readonly severityText?: string
  readonly body?: AnyValue
  readonly attributes?: Record<string, AnyValue>
  readonly resource?: Record<string, AnyValue>
  readonly traceId?: string
  readonly spanId?: string
}

/** 2025-11-26T17:18:27Z, in nanoseconds: when every body in the tests comes. */
export const NOW = 1_764_177_507_000_000_000n

const DEFAULTS: ReadOptions = { recordsMax: 1000, attributesMax: 16, severityNumbers: 'otel' }

/** Reads a body, given as text or as values to be written as JSON. */
export function readRecords(
  body: unknown,
  layout: Layout = 'json',
  options: Partial<ReadOptions> = {},
): { records: SeenRecord[]; rejected: readonly RejectedRecord[]; count: number } {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const now = { low: Number(NOW & 0xffffffffn), high: Number(NOW >> 32n) }
  const read = new RecordReader({ ...DEFAULTS, ...options }).read(bytes, layout, now)
  const { batch, rejectedReason } = decodeLogs(read.otlp, { requestId: 'test' })
  if (rejectedReason !== '') throw new Error(rejectedReason)
  const records: SeenRecord[] = []
  const row = batch.cursor()
  for (let i = 0; i < batch.count; i++) {
    row.seek(i)
    const attributes = Object.fromEntries(row.attributes())
    const resource = Object.fromEntries(row.resourceAttributes())
    const body = row.body()
    records.push({
      time: row.timeUnixNano(),
      observed: row.observedTimeUnixNano(),
      ...(row.severityNumber() > 0 ? { severity: row.severityNumber() } : {}),
      ...(row.severityText() === '' ? {} : { severityText: row.severityText() }),
      ...(body === undefined ? {} : { body }),
      ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
      ...(Object.keys(resource).length > 0 ? { resource } : {}),
      ...(row.traceId() === '' ? {} : { traceId: row.traceId() }),
      ...(row.spanId() === '' ? {} : { spanId: row.spanId() }),
    })
  }
  return { records, rejected: read.rejected, count: read.count }
}

export interface RunningIngest {
  readonly receiver: IngestReceiver
  readonly sink: LogSink
  readonly context: TestContext
  /** `http://127.0.0.1:port` */
  readonly origin: string
}

/** Starts the receiver on a free port with a sink behind it; stopped at the end of the test. */
export async function startIngest(
  t: ExecutionContext,
  keys: Record<string, unknown> = {},
): Promise<RunningIngest> {
  const config = ingestReceiverConfig.parse({ endpoint: '127.0.0.1:0', ...keys })
  const sink = new LogSink()
  const context = createTestContext('receiver', 'ingest')
  const receiver = new IngestReceiver(config, context, sink)
  await receiver.start()
  t.teardown(() => receiver.stop(AbortSignal.abort()))
  return { receiver, sink, context, origin: new URL(receiver.endpoints()[0]!).origin }
}

export interface IngestRequest {
  readonly method?: string
  readonly path?: string
  readonly type?: string
  readonly headers?: Record<string, string>
  readonly body?: Buffer | string
}

export interface IngestAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** POSTs JSON to `/ingest` unless told otherwise; `type: ''` sends no Content-Type. */
export async function ingest(origin: string, request: IngestRequest): Promise<IngestAnswer> {
  const { method = 'POST', path = '/ingest', type = 'application/json', headers, body } = request
  const hasBody = method !== 'GET' && method !== 'HEAD' && body !== undefined
  const response = await fetch(origin + path, {
    method,
    headers: { ...(type === '' ? {} : { 'content-type': type }), ...headers },
    // A text would get a Content-Type of its own.
    ...(hasBody ? { body: Buffer.from(body) } : {}),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
