import test from 'ava'
import fc from 'fast-check'
import { labelledRecords } from '../../src/dead-letter/labelled-records.ts'
import { buildLogs } from '../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { encodeLogs } from '../../src/otlp/encode-logs.ts'
import { bodiesOf } from '../../src/testing/index.ts'
import { logsRequest } from '../helpers/arbitrary-logs.ts'
import { letterOf } from '../helpers/dead-letters.ts'

const records = buildLogs(
  [
    { resource: { 'service.name': 'a' }, scopeName: 's', records: [{ body: '1' }, { body: '2' }] },
    { resource: { 'service.name': 'b' }, records: [{ body: '3' }] },
    { records: [{ body: '4' }] },
  ],
  { requestId: 'r-1' },
)

test('every resource says at its end what happened to its records', t => {
  const labelled = labelledRecords({ ...letterOf([]), records, rejectedCount: 3 })
  const { batch } = decodeLogs(encodeLogs(labelled), records.context)
  t.deepEqual(bodiesOf(batch), ['1', '2', '3', '4'])
  const cursor = batch.cursor()
  for (let row = 0; row < batch.count; row++) {
    const attributes = [...cursor.seek(row).resourceAttributes()]
    t.deepEqual(attributes.slice(-9), [
      ['parsec.dead_letter.reason', 'rejected'],
      ['parsec.dead_letter.message', 'no good'],
      ['parsec.dead_letter.time', '2026-11-26T12:00:00.000Z'],
      ['parsec.dead_letter.destination', 'clickhouse'],
      ['parsec.dead_letter.pipeline', 'logs'],
      ['parsec.dead_letter.origin', 'q/'],
      ['parsec.dead_letter.request_id', 'r-1'],
      ['parsec.dead_letter.record_count', 4n],
      ['parsec.dead_letter.rejected_count', 3n],
    ])
  }
})

test('it goes under its own identity', t => {
  t.is(labelledRecords(letterOf(['a'], { origin: 'o#1' })).origin, 'o#1')
})

test('cutting the labels off gives the resource back, byte for byte; records are untouched', t => {
  fc.assert(
    fc.property(logsRequest, bytes => {
      const { batch } = decodeLogs(bytes, { requestId: 'x' })
      const labelled = labelledRecords({ ...letterOf([]), records: batch })
      const again = decodeLogs(encodeLogs(labelled), batch.context).batch
      if (again.count !== batch.count) return false
      const [a, b] = [batch.cursor(), again.cursor()]
      for (let i = 0; i < batch.count; i++) {
        a.seek(batch.row(i))
        b.seek(again.row(i))
        const before = a.bytes.subarray(a.columns.offset[a.index], a.columns.end[a.index])
        const after = b.bytes.subarray(b.columns.offset[b.index], b.columns.end[b.index])
        if (!before.equals(after)) return false
        const [from, to] = [resourceBytes(batch, a), resourceBytes(again, b)]
        if (!to.subarray(0, from.length).equals(from)) return false
      }
      return true
    }),
  )
  t.pass()
})

function resourceBytes(
  { bytes, resources }: typeof records,
  { resourceIndex }: { resourceIndex: number },
): Buffer {
  return bytes.subarray(
    resources.resourceOffset[resourceIndex],
    resources.resourceEnd[resourceIndex],
  )
}
