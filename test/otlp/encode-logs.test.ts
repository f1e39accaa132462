import assert from 'node:assert/strict'
import { fromBinary } from '@bufbuild/protobuf'
import test from 'ava'
import fc from 'fast-check'
import {
  LogRecordSchema,
  type LogsData,
  LogsDataSchema,
} from '../../src/gen/opentelemetry/proto/logs/v1/logs_pb.ts'
import { ResourceSchema } from '../../src/gen/opentelemetry/proto/resource/v1/resource_pb.ts'
import { buildLogs } from '../../src/otlp/build-logs.ts'
import { checkResource } from '../../src/otlp/check-envelope.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { encodeLogs } from '../../src/otlp/encode-logs.ts'
import { rewriteLogs } from '../../src/otlp/rewrite-logs.ts'
import { logRecord, logsRequest, resource } from '../helpers/arbitrary-logs.ts'
import { assertReadsAs, assertSame, oracleLogs, oracleRows } from '../helpers/oracle.ts'
import { int, len, request } from '../helpers/wire.ts'

const context = { requestId: 'test' }

test('an untouched request is encoded as it came, byte for byte', t => {
  const property = fc.property(logsRequest, bytes => {
    const { batch } = decodeLogs(bytes, context)
    // Unless a message comes twice in it, which is merged once and for all.
    if (batch.bytes === bytes) assert.equal(encodeLogs(batch), bytes)
    assertSame(LogsDataSchema, oracleLogs(encodeLogs(batch)), oracleLogs(bytes))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 500 }))
})

/** Removes records from the oracle's object as encodeLogs does: without leaving empty envelopes. */
function keepRows(logs: LogsData, keep: (row: number) => boolean): LogsData {
  let row = 0
  for (const resourceLogs of logs.resourceLogs) {
    for (const scope of resourceLogs.scopeLogs) {
      scope.logRecords = scope.logRecords.filter(() => keep(row++))
    }
    resourceLogs.scopeLogs = resourceLogs.scopeLogs.filter(scope => scope.logRecords.length > 0)
  }
  logs.resourceLogs = logs.resourceLogs.filter(({ scopeLogs }) => scopeLogs.length > 0)
  return logs
}

test('selected, rewritten and re-resourced: the same as changing the oracle\u2019s object', t => {
  const changes = fc.record({
    bytes: logsRequest,
    keep: fc.func(fc.boolean()),
    rewrite: fc.func(fc.option(logRecord, { freq: 2 })),
    rewriteAgain: fc.func(fc.option(logRecord, { freq: 2 })),
    resources: fc.func(fc.option(resource, { freq: 2 })),
  })
  const property = fc.property(changes, ({ bytes, keep, rewrite, rewriteAgain, resources }) => {
    let { batch } = decodeLogs(bytes, context)
    const expected = oracleLogs(bytes)
    // Records that set a field twice are for the decoder to merge: a rewrite must not write them.
    const write = (row: number, edit: (row: number) => Buffer | null): Buffer | undefined => {
      const record = edit(row)
      if (record === null) return undefined
      const isPlain = decodeLogs(request(record), context).batch.bytes.equals(request(record))
      return isPlain ? record : undefined
    }
    for (const edit of [rewrite, rewriteAgain]) {
      batch = rewriteLogs(batch, ({ row }, out) => {
        const record = write(row, edit)
        if (record !== undefined) out.raw(record)
        return record !== undefined
      })
    }
    const rows = oracleRows(expected)
    for (const [i, { record, scope }] of rows.entries()) {
      const last = write(i, rewriteAgain) ?? write(i, rewrite)
      const at = scope.logRecords.indexOf(record)
      if (last !== undefined) scope.logRecords[at] = fromBinary(LogRecordSchema, last)
    }
    const overlay = new Map<number, Buffer>()
    for (const [i, resourceLogs] of expected.resourceLogs.entries()) {
      const changed = resources(i)
      if (changed === null || checkResource(changed, 0, changed.length)) continue
      overlay.set(i, changed)
      resourceLogs.resource = fromBinary(ResourceSchema, changed)
    }
    if (overlay.size > 0) batch = batch.with({ resourceOverlay: overlay })
    batch = batch.filter(({ row }) => keep(row))
    const encoded = encodeLogs(batch)
    if (batch.isUntouched) return
    if (batch.count === 0) {
      assert.equal(encoded.length, 0)
      return
    }
    const kept = keepRows(expected, row => keep(row))
    assertSame(LogsDataSchema, oracleLogs(encoded), kept)
    assertReadsAs(batch, kept)
    assertReadsAs(decodeLogs(encoded, context).batch, kept)
  })
  t.notThrows(() => fc.assert(property, { numRuns: 600 }))
})

test('unknown fields survive a filter at every level', t => {
  const unknown = (text: string): Buffer => len(999, text)
  const bytes = Buffer.concat([
    unknown('request'),
    len(1, [
      unknown('resource logs'),
      len(1, [
        unknown('resource'),
        len(1, [unknown('key value'), len(1, 'k'), len(2, unknown('value'))]),
      ]),
      len(2, [
        unknown('scope logs'),
        len(1, unknown('scope')),
        len(2, len(3, 'dropped')),
        len(2, [len(3, 'kept'), unknown('record')]),
      ]),
    ]),
  ])
  const { batch } = decodeLogs(bytes, context)
  const encoded = encodeLogs(batch.filter(row => row.severityText() === 'kept')).toString('latin1')
  for (const text of [
    'request',
    'resource logs',
    'resource',
    'key value',
    'value',
    'scope logs',
    'scope',
    'record',
    'kept',
  ]) {
    t.true(encoded.includes(unknown(text).toString('latin1')) || text === 'kept', text)
  }
  t.true(encoded.includes('kept'))
  t.false(encoded.includes('dropped'))
})

test('a resource whose tag is longer than it must be is replaced, not doubled', t => {
  const bytes = len(1, [Buffer.from('8a0002', 'hex'), int(2, 1), len(2, len(2, len(3, 'x')))])
  const { batch } = decodeLogs(bytes, context)
  const rewritten = batch.with({ resourceOverlay: new Map([[0, int(2, 7)]]) })
  const again = oracleLogs(encodeLogs(rewritten))
  t.is(again.resourceLogs[0]?.resource?.droppedAttributesCount, 7)
  const { resources } = decodeLogs(encodeLogs(rewritten), context).batch
  t.is(resources.resourceEnd[0]! - resources.resourceOffset[0]!, 2)
})

test('many scopes under one large resource take no more room than they are', t => {
  const scopes = 3000
  const large = 'x'.repeat(200_000)
  const resourceBytes = len(1, len(1, [len(1, 'k'), len(2, len(1, large))]))
  const scope = len(2, [len(2, len(3, 'a')), len(2, len(3, 'b'))])
  const bytes = len(1, [resourceBytes, Buffer.alloc(scope.length * scopes, scope)])
  const { batch } = decodeLogs(bytes, context)
  const half = encodeLogs(batch.filter(row => row.severityText() === 'a'))
  t.is(decodeLogs(half, context).batch.count, scopes)
  t.true(half.buffer.byteLength < 2 * bytes.length)
})

test('neighbouring rows are copied in one piece, gaps are left out', t => {
  const records = Array.from({ length: 10 }, (_, i) => ({ severityNumber: i }))
  const batch = buildLogs(
    [{ records: records.slice(0, 5) }, { records: records.slice(5) }],
    context,
  )
  const kept = batch.filter(row => ![0, 3, 9].includes(row.severityNumber()))
  const numbers = oracleRows(oracleLogs(encodeLogs(kept))).map(
    ({ record }) => record.severityNumber,
  )
  t.deepEqual<number[], number[]>(numbers, [1, 2, 4, 5, 6, 7, 8])
})
