import test from 'ava'
import fc from 'fast-check'
import {
  encodeBlock,
  LOG_COLUMN_NAMES,
} from '../../../../../plugins/exporters/clickhouse/native/encode-block.ts'
import type { AnyValue } from '../../../../../src/batch/any-value.ts'
import { anyValueText } from '../../../../../src/batch/any-value-text.ts'
import type { LogBatch } from '../../../../../src/batch/log-batch.ts'
import {
  type Attributes,
  buildLogs,
  type LogRecordParts,
  type ScopeLogsParts,
  writeLogRecord,
} from '../../../../../src/otlp/build-logs.ts'
import { rewriteLogs } from '../../../../../src/otlp/rewrite-logs.ts'
import { writeKeyValue } from '../../../../../src/otlp/write-any-value.ts'
import { Writer } from '../../../../../src/wire/writer.ts'
import { type NativeValue, readNativeBlock, textOf } from '../../../../helpers/native-reader.ts'

const FALLBACK = 1_700_000_000_000_000_000n
const context = { requestId: 'test' }

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.integer({ min: 120, max: 700 }).map(length => 'x'.repeat(length)),
)
const leaf: fc.Arbitrary<AnyValue> = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 0n, max: 1n << 32n }),
  fc.double(),
  fc.uint8Array({ maxLength: 10 }),
  fc.constant(undefined),
)
const value: fc.Arbitrary<AnyValue> = fc.oneof(
  { weight: 5, arbitrary: leaf },
  fc.array(leaf, { maxLength: 3 }),
  fc.array(fc.tuple(text, leaf), { maxLength: 3 }).map(entries => new Map(entries)),
)
const attributes: fc.Arbitrary<Attributes> = fc
  .uniqueArray(fc.tuple(text, value), { maxLength: 6, selector: ([key]) => key })
  .map(entries => new Map(entries))
const time = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant('00'.repeat(bytes)),
    fc
      .uint8Array({ minLength: bytes, maxLength: bytes })
      .map(array => Buffer.from(array).toString('hex')),
  )
const record: fc.Arbitrary<LogRecordParts> = fc.record(
  {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    severityNumber: fc.integer({ min: -3, max: 300 }),
    severityText: text,
    body: value,
    attributes,
    flags: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    traceId: hex(16),
    spanId: hex(8),
    eventName: text,
  },
  { requiredKeys: [] },
)
const scopeLogs: fc.Arbitrary<ScopeLogsParts> = fc.record(
  {
    resource: attributes,
    resourceSchemaUrl: text,
    scopeName: text,
    scopeVersion: text,
    scopeAttributes: attributes,
    scopeSchemaUrl: text,
    records: fc.array(record, { maxLength: 4 }),
  },
  { requiredKeys: ['records'] },
)

test('a block holds the values that the cursor reads, whatever was done to the batch', t => {
  fc.assert(
    fc.property(
      fc.array(scopeLogs, { maxLength: 4 }),
      fc.func(fc.boolean()),
      fc.func(fc.option(record)),
      fc.option(attributes),
      (parts, keep, rewrite, resource) => {
        let batch = buildLogs(parts, context)
        batch = batch.filter(row => keep(row.row))
        batch = rewriteLogs(batch, (row, out) => {
          const changed = rewrite(row.row)
          if (changed !== null) writeLogRecord(out, changed)
          return changed !== null
        })
        if (resource !== null && batch.resources.count > 0) {
          batch = batch.with({ resourceOverlay: new Map([[0, resourceMessage(resource)]]) })
        }
        t.deepEqual(readRows(encode(batch), batch.count), expectedRows(batch, parts))
      },
    ),
    { numRuns: 300 },
  )
})

test('memory that is used again gives the same block, and grows when it is too small', t => {
  const scratch = { block: Buffer.alloc(16), values: Buffer.alloc(1) }
  for (const count of [50, 1, 50]) {
    const records = Array.from({ length: count }, (_, i) => ({
      body: `body ${i}`,
      attributes: { a: 'x'.repeat(i), n: BigInt(i) },
    }))
    const batch = buildLogs([{ records }], context)
    const block = encodeBlock(batch, { fallbackNanos: FALLBACK, scratch })
    t.deepEqual(block, encode(batch))
    t.is(block.buffer, scratch.block.buffer)
  }
})

test('only the columns asked for are in the block, in the order asked', t => {
  const batch = buildLogs([{ records: [{ body: 'x' }] }], context)
  const block = readNativeBlock(
    encodeBlock(batch, { columns: ['Body', 'Timestamp'], fallbackNanos: FALLBACK }),
  )
  t.deepEqual([...block.keys()], ['Body', 'Timestamp'])
  t.deepEqual(block.get('Timestamp')?.values, [FALLBACK])
})

test('the columns are those of the Collector, which Grafana reads by name', t => {
  for (const name of ['Timestamp', 'Body', 'SeverityText', 'TraceId', 'LogAttributes'] as const) {
    t.true(LOG_COLUMN_NAMES.includes(name))
  }
  t.is(LOG_COLUMN_NAMES.length, 16)
})

function encode(batch: LogBatch): Buffer {
  return encodeBlock(batch, { fallbackNanos: FALLBACK })
}

type Row = Record<string, unknown>

function readRows(bytes: Buffer, count: number): Row[] {
  const block = readNativeBlock(bytes)
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries([...block].map(([name, { values }]) => [name, readable(values[i])])),
  )
}

function readable(raw: NativeValue | undefined): unknown {
  if (typeof raw === 'string') return textOf(raw)
  return Array.isArray(raw) ? raw.map(([k, v]) => [textOf(k), textOf(v)]) : raw
}

function expectedRows(batch: LogBatch, parts: readonly ScopeLogsParts[]): Row[] {
  const row = batch.cursor()
  return Array.from({ length: batch.count }, (_, i) => {
    row.seek(batch.row(i))
    // Every part was built as a resource and a scope of its own.
    const part = parts[row.scopeIndex]!
    return {
      Timestamp: BigInt.asIntN(64, row.timeUnixNano() || row.observedTimeUnixNano() || FALLBACK),
      TraceId: row.traceId().replace(/^0+$/, ''),
      SpanId: row.spanId().replace(/^0+$/, ''),
      TraceFlags: row.flags() & 0xff,
      SeverityText: row.severityText(),
      SeverityNumber: Math.min(255, Math.max(0, row.severityNumber())),
      ServiceName: anyValueText(row.resourceAttribute('service.name')),
      Body: row.bodyText(),
      ResourceSchemaUrl: part.resourceSchemaUrl ?? '',
      ResourceAttributes: pairs(row.resourceAttributes()),
      ScopeSchemaUrl: part.scopeSchemaUrl ?? '',
      ScopeName: part.scopeName ?? '',
      ScopeVersion: part.scopeVersion ?? '',
      ScopeAttributes: pairs(row.scopeAttributes()),
      LogAttributes: pairs(row.attributes()),
      EventName: row.eventName(),
    }
  })
}

function pairs(map: ReadonlyMap<string, AnyValue>): [string, string][] {
  return [...map].map(([key, inner]) => [key, anyValueText(inner)])
}

function resourceMessage(values: Attributes): Buffer {
  const out = new Writer()
  for (const [key, inner] of values as ReadonlyMap<string, AnyValue>) {
    writeKeyValue(out, 0x0a, key, inner)
  }
  return out.finish()
}
