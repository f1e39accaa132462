import test from 'ava'
import type { LogBatch } from '../../src/batch/log-batch.ts'
import { buildLogs, writeLogRecord } from '../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { encodeLogs } from '../../src/otlp/encode-logs.ts'
import { rewriteLogs } from '../../src/otlp/rewrite-logs.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { len } from '../helpers/wire.ts'

const context = { requestId: 'test' }
const batch = buildLogs(
  [{ records: ['a', 'b', 'c', 'd'].map(severityText => ({ severityText })) }],
  context,
)

function names(of: LogBatch): string[] {
  const row = of.cursor()
  return Array.from({ length: of.count }, (_, i) => row.seek(of.row(i)).severityText())
}

/** Replaces the records with these names by others. */
function rename(of: LogBatch, changes: Readonly<Record<string, string>>): LogBatch {
  return rewriteLogs(of, (row, out) => {
    const severityText = changes[row.severityText()]
    if (severityText === undefined) return false
    writeLogRecord(out, { severityText })
    return true
  })
}

test('rewritten rows read anew, here and on the wire; the batch before is as it was', t => {
  const renamed = rename(batch, { a: 'A', c: 'C' })
  t.deepEqual(names(renamed), ['A', 'b', 'C', 'd'])
  t.deepEqual(names(decodeLogs(encodeLogs(renamed), context).batch), ['A', 'b', 'C', 'd'])
  t.deepEqual(names(batch), ['a', 'b', 'c', 'd'])
})

test('a second rewrite keeps what the first one did', t => {
  const twice = rename(rename(batch, { a: 'A', b: 'B' }), { B: 'BB', d: 'D' })
  t.deepEqual(names(twice), ['A', 'BB', 'c', 'D'])
  t.deepEqual(names(decodeLogs(encodeLogs(twice), context).batch), ['A', 'BB', 'c', 'D'])
})

test('only selected rows are seen', t => {
  const seen: string[] = []
  const selected = batch.filter(row => row.severityText() !== 'b')
  const same = rewriteLogs(selected, row => {
    seen.push(row.severityText())
    return false
  })
  t.deepEqual(seen, ['a', 'c', 'd'])
  t.is(same, selected)
})

test('what is written before the answer is false does not count', t => {
  const same = rewriteLogs(batch, (_row, out) => {
    writeLogRecord(out, { severityText: 'thrown away' })
    return false
  })
  t.is(same, batch)
})

test('no offset in an overlay is 0, which would mean absent', t => {
  const attributes = rewriteLogs(batch, (_row, out) => {
    writeLogRecord(out, { attributes: { k: 1n } })
    return true
  })
  const { columns } = attributes.overlay!
  t.true(columns.attributesOffset[0]! > 0)
  t.true(columns.offset[0]! > 0)
  t.is(attributes.cursor().seek(0).attribute('k'), 1n)
})

test('a record may become empty', t => {
  const empty = rewriteLogs(batch, () => true)
  t.deepEqual(names(empty), ['', '', '', ''])
  t.is(decodeLogs(encodeLogs(empty), context).batch.count, 4)
})

test('bytes that are no record are refused', t => {
  t.throws(() => rewriteLogs(batch, (_row, out) => (out.raw(Buffer.from([0x4a, 1, 2])), true)), {
    instanceOf: WireError,
    message: 'trace_id: is 1 bytes, must be 16 or none at byte 1',
  })
  const twice = Buffer.concat([len(5, len(1, 'x')), len(5, len(1, 'y'))])
  t.throws(() => rewriteLogs(batch, (_row, out) => (out.raw(twice), true)), {
    instanceOf: WireError,
    message: 'rewritten record sets one field twice at byte 1',
  })
})
