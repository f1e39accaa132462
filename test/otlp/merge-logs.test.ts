import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { buildLogs, writeLogRecord } from '../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { encodeLogs } from '../../src/otlp/encode-logs.ts'
import { mergeLogs } from '../../src/otlp/merge-logs.ts'
import { rewriteLogs } from '../../src/otlp/rewrite-logs.ts'
import { logsRequest } from '../helpers/arbitrary-logs.ts'
import { assertReadsAs, oracleLogs } from '../helpers/oracle.ts'

const context = { requestId: 'merged' }

test('merged batches are what decoding their joined bytes gives', t => {
  const property = fc.property(fc.array(logsRequest, { maxLength: 4 }), requests => {
    const batches = requests.map(bytes => decodeLogs(bytes, { requestId: 'part' }).batch)
    const merged = mergeLogs(batches, context)
    const joined = decodeLogs(Buffer.concat(batches.map(encodeLogs)), context).batch
    assert.deepStrictEqual(merged.bytes, joined.bytes)
    assert.deepStrictEqual(merged.columns, joined.columns)
    assert.deepStrictEqual(merged.resources, joined.resources)
    assert.deepStrictEqual(merged.scopes, joined.scopes)
    assertReadsAs(merged, oracleLogs(Buffer.concat(requests)))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 300 }))
})

test('what processors did to a batch is in the merged one', t => {
  const batchOf = (...names: string[]) =>
    buildLogs([{ records: names.map(severityText => ({ severityText })) }], context)
  const filtered = batchOf('a', 'b').filter(row => row.severityText() === 'b')
  const rewritten = rewriteLogs(batchOf('c', 'd'), (row, out) => {
    if (row.severityText() === 'c') return false
    writeLogRecord(out, { severityText: 'D' })
    return true
  })
  const merged = mergeLogs([filtered, batchOf('x'), rewritten], context)
  const row = merged.cursor()
  const names = Array.from({ length: merged.count }, (_, i) =>
    row.seek(merged.row(i)).severityText(),
  )
  t.deepEqual(names, ['b', 'x', 'c', 'D'])
  t.true(merged.isUntouched)
})

test('the merged batch has the given context and no origin', t => {
  const batch = buildLogs([{ records: [{}] }], { requestId: 'a' }).with({ origin: 'q/1' })
  const merged = mergeLogs([batch, batch], context)
  t.is(merged.context, context)
  t.is(merged.origin, undefined)
  t.is(merged.count, 2)
})

test('no batches make an empty one', t => {
  const merged = mergeLogs([], context)
  t.is(merged.count, 0)
  t.is(encodeLogs(merged).length, 0)
})

test('a rewritten record that cannot be read spoils no merge: it is refused instead', t => {
  const batch = buildLogs([{ records: [{ body: 'x' }] }], context)
  const bytes = Buffer.alloc(batch.bytes.length, 0xff)
  const overlay = { bytes, columns: batch.columns, rowOf: Int32Array.of(0) }
  t.throws(() => mergeLogs([batch, batch.with({ overlay })], context), {
    message: /^a processor has made a record that cannot be read: /,
  })
})
