import test from 'ava'
import fc from 'fast-check'
import type pg from 'pg'
import { nothingAltered } from '../../../../../plugins/exporters/postgres/copy/altered.ts'
import { ChunkPool } from '../../../../../plugins/exporters/postgres/copy/chunk-pool.ts'
import { copyIn } from '../../../../../plugins/exporters/postgres/copy/copy-in.ts'
import { RowEncoder } from '../../../../../plugins/exporters/postgres/copy/encode-rows.ts'
import { LOG_COLUMN_NAMES } from '../../../../../plugins/exporters/postgres/copy/log-columns.ts'
import type { AnyValue } from '../../../../../src/batch/any-value.ts'
import { anyValueText } from '../../../../../src/batch/any-value-text.ts'
import type { LogBatch } from '../../../../../src/batch/log-batch.ts'
import { buildLogs } from '../../../../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../../../../src/otlp/decode-logs.ts'
import { rewriteLogs } from '../../../../../src/otlp/rewrite-logs.ts'
import { logsRequest } from '../../../../helpers/arbitrary-logs.ts'
import { EVERY_FIELD } from '../../../../helpers/every-field.ts'
import { usePostgres } from '../../../../helpers/postgres-server.ts'
import { postgresTables } from '../../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()
const FALLBACK = 1_700_000_000_123_456_789n
const context = { requestId: 'test' }
const JSON_COLUMNS = ['log_attributes', 'resource_attributes', 'scope_attributes'] as const

function encoderOf(batch: LogBatch, altered = nothingAltered()): RowEncoder {
  return new RowEncoder(batch, { fallbackNanos: FALLBACK, pool: new ChunkPool(), altered })
}

function bytesOf(encoder: RowEncoder, from: number, to: number): Buffer {
  return Buffer.concat([...encoder.encode(from, to).chunks].map(chunk => Buffer.from(chunk)))
}

pgTest('any batch is stored with the values that the cursor reads', async t => {
  t.timeout(120_000)
  const { connections, signal, sql } = await postgresTables(t, await server.database())
  await sql(
    'CREATE TABLE plain (LIKE otel_logs INCLUDING DEFAULTS); ALTER TABLE plain ADD n serial',
  )
  await connections.use(signal, async session => {
    await fc.assert(
      fc.asyncProperty(logsRequest, fc.func(fc.boolean()), async (request, keep) => {
        const { batch } = decodeLogs(request, context)
        const kept = batch.filter(row => keep(row.row))
        await session.query('TRUNCATE plain')
        const columns = LOG_COLUMN_NAMES.join(', ')
        const { chunks } = encoderOf(kept).encode(0, kept.count)
        await copyIn(session, `COPY plain (${columns}) FROM STDIN (FORMAT binary)`, chunks)
        t.deepEqual(await stored(session, kept), expected(kept))
      }),
      { numRuns: process.env['CI'] === undefined ? 60 : 300 },
    )
  })
})

pgTest('every field and kind of value, untouched or rewritten', async t => {
  const { connections, signal, sql } = await postgresTables(t, await server.database())
  await sql(
    'CREATE TABLE plain (LIKE otel_logs INCLUDING DEFAULTS); ALTER TABLE plain ADD n serial',
  )
  const batch = buildLogs(EVERY_FIELD, context)
  const rewritten = rewriteLogs(batch, (row, out) => {
    if (row.row === 0) return false
    out.lengthDelimited(0x2a, Buffer.from([0x0a, 1, 0x62]))
    return true
  })
  for (const subject of [batch, rewritten]) {
    await connections.use(signal, async session => {
      await session.query('TRUNCATE plain')
      const sqlText = `COPY plain (${LOG_COLUMN_NAMES.join(', ')}) FROM STDIN (FORMAT binary)`
      await copyIn(session, sqlText, encoderOf(subject).encode(0, 2).chunks)
      t.deepEqual(await stored(session, subject), expected(subject))
    })
  }
})

test('the chunks of a range are those of a batch of these records alone', t => {
  const records = Array.from({ length: 20 }, (_, i) => ({ body: `body ${i}`, timeUnixNano: 1n }))
  const batch = buildLogs([{ records }], context)
  const part = batch.slice(5, 9)
  t.deepEqual(bytesOf(encoderOf(batch), 5, 9), bytesOf(encoderOf(part), 0, 4))
})

test('a large batch is several chunks, whose memory is used again when they are sent', t => {
  const records = Array.from({ length: 2000 }, () => ({ body: 'x'.repeat(1000) }))
  const batch = buildLogs([{ records }], context)
  const pool = new ChunkPool()
  const encoder = new RowEncoder(batch, { fallbackNanos: 0n, pool, altered: nothingAltered() })
  const first = encoder.encode(0, 2000)
  const chunks = [...first.chunks]
  t.true(chunks.length > 3)
  const bytes = Buffer.concat(chunks)
  first.done()
  t.true(chunks.some(chunk => chunk.buffer === pool.take().buffer))
  t.deepEqual(bytesOf(encoderOf(batch), 0, 2000).length, bytes.length)
})

test('a record larger than a chunk goes in whole', t => {
  const body = 'x'.repeat(3_000_000)
  const batch = buildLogs([{ records: [{ body: 'a' }, { body }, { body: 'b' }] }], context)
  const bytes = bytesOf(encoderOf(batch), 0, 3)
  t.true(bytes.includes(body))
  t.true(bytes.length < body.length + 1000)
})

test('what had to be changed is counted, and forgotten when nothing was stored', t => {
  const altered = nothingAltered()
  const records = [{ body: 'a\0', severityNumber: 100_000 }, { severityNumber: -100_000 }]
  const encoder = encoderOf(buildLogs([{ records }], context), altered)
  const pass = encoder.encode(0, 2)
  Array.from(pass.chunks)
  t.deepEqual(altered, { ...nothingAltered(), nul: 1, out_of_range: 2 })
  pass.giveUp()
  t.deepEqual(altered, nothingAltered())
})

type Row = Record<string, unknown>

/** The rows of `plain`; each JSON column as whether it is the same as the oracle's. */
async function stored(session: pg.PoolClient, batch: LogBatch): Promise<Row[]> {
  const nanos = (name: string): string =>
    `((extract(epoch FROM ${name}) * 1000000)::bigint::numeric * 1000 + ${name}_nanos)::text AS ${name}`
  const texts = LOG_COLUMN_NAMES.filter(
    name => !name.includes('timestamp') && !name.endsWith('attributes'),
  )
  const oracle = JSON.stringify(jsonRows(batch))
  const { rows } = await session.query<Row>(
    `SELECT ${nanos('timestamp')}, ${nanos('observed_timestamp')}, ${texts.join(', ')},
  ${JSON_COLUMNS.map(name => `${name} = (o.row->>'${name}')::jsonb AS ${name}`).join(', ')}
FROM (SELECT *, row_number() OVER (ORDER BY n) AS i FROM plain) AS p
JOIN json_array_elements($1::json) WITH ORDINALITY AS o (row, i) USING (i) ORDER BY i`,
    [oracle],
  )
  return rows
}

function expected(batch: LogBatch): Row[] {
  const time = (nanos: bigint): string => String(BigInt.asIntN(64, nanos))
  const id = (hex: string): Buffer | null => (/^0*$/.test(hex) ? null : Buffer.from(hex, 'hex'))
  return readRows(batch, row => {
    const observed = row.observedTimeUnixNano()
    const scope = row.scopeIndex
    return {
      timestamp: time(row.timeUnixNano() || observed || FALLBACK),
      observed_timestamp: observed === 0n ? null : time(observed),
      trace_id: id(row.traceId()),
      span_id: id(row.spanId()),
      trace_flags: row.flags() & 0xff,
      severity_number: Math.min(32_767, Math.max(-32_768, row.severityNumber())),
      severity_text: visible(row.severityText()),
      event_name: visible(row.eventName()),
      body: visible(row.bodyText()),
      service_name: visible(anyValueText(row.resourceAttribute('service.name'))),
      resource_schema_url: url(batch, batch.resources, row.resourceIndex),
      scope_schema_url: url(batch, batch.scopes, scope),
      scope_name: visible(row.scopeName()),
      scope_version: visible(row.scopeVersion()),
      log_attributes: true,
      resource_attributes: true,
      scope_attributes: true,
    }
  })
}

function jsonRows(batch: LogBatch): Row[] {
  return readRows(batch, row => ({
    log_attributes: json(row.attributes()),
    resource_attributes: json(row.resourceAttributes()),
    scope_attributes: json(row.scopeAttributes()),
  }))
}

function readRows<T>(batch: LogBatch, read: (row: ReturnType<LogBatch['cursor']>) => T): T[] {
  const row = batch.cursor()
  return Array.from({ length: batch.count }, (_, i) => read(row.seek(batch.row(i))))
}

function url(
  { bytes }: LogBatch,
  table: Pick<LogBatch['scopes'], 'schemaUrlOffset' | 'schemaUrlEnd'>,
  index: number,
): string {
  return visible(bytes.toString('utf8', table.schemaUrlOffset[index], table.schemaUrlEnd[index]))
}

function visible(text: string): string {
  return text.replaceAll('\0', '\u2400')
}

/** JSON of a value by way of JSON.stringify, integers put in afterwards so that no digit is lost. */
function json(value: AnyValue): string {
  const integers: string[] = []
  const plain = (inner: AnyValue): unknown => {
    if (typeof inner === 'bigint') return `\u0001${integers.push(String(inner)) - 1}\u0001`
    if (typeof inner === 'string') return visible(inner).replaceAll('\u0001', '\u0002')
    if (typeof inner === 'number') return Number.isFinite(inner) ? inner : String(inner)
    if (inner instanceof Uint8Array) return Buffer.from(inner).toString('base64')
    if (Array.isArray(inner)) return inner.map(plain)
    if (inner instanceof Map) {
      return Object.fromEntries(
        [...inner].map(([key, one]) => [visible(key).replaceAll('\u0001', '\u0002'), plain(one)]),
      )
    }
    return inner ?? null
  }
  return JSON.stringify(plain(value)).replaceAll(
    /"\\u0001(\d+)\\u0001"/g,
    (_, index: string) => integers[Number(index)]!,
  )
}
