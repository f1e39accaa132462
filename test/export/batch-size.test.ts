import test from 'ava'
import { batchSize, recordsThatFit } from '../../src/export/batch-size.ts'
import { buildLogs } from '../../src/otlp/build-logs.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'

const logs = sampleLogs(['a', 'bb', 'ccc', 'dddd'])

/** Bytes of one record as it lies in the request, tag and length included. */
function bytesAt(index: number): number {
  return logs.columns.end[index]! - logs.columns.start[index]!
}

test('by items the size is the number of records', t => {
  t.is(batchSize(logs, 'items'), 4)
  t.is(batchSize(logs.slice(1, 3), 'items'), 2)
})

test('by bytes an untouched batch counts what goes over the wire', t => {
  t.is(batchSize(logs, 'bytes'), logs.bytes.length)
})

test('by bytes a selection counts its own records only', t => {
  t.is(batchSize(logs.slice(1, 3), 'bytes'), bytesAt(1) + bytesAt(2))
})

test('by bytes a rewritten record counts with its new bytes', t => {
  const long = buildLogs([{ records: [{ body: 'x'.repeat(500) }] }], { requestId: 'r' })
  const rowOf = Int32Array.of(-1, 0, -1, -1)
  const overlay = { bytes: long.bytes, columns: long.columns, rowOf }
  const rewritten = logs.with({ overlay })
  const longBytes = long.columns.end[0]! - long.columns.start[0]!
  t.is(batchSize(rewritten, 'bytes'), bytesAt(0) + longBytes + bytesAt(2) + bytesAt(3))
  t.is(recordsThatFit(rewritten, 0, bytesAt(0) + longBytes - 1, 'bytes'), 1)
  t.is(recordsThatFit(rewritten, 0, bytesAt(0) + longBytes, 'bytes'), 2)
})

const itemsFit = test.macro((t, from: number, room: number, count: number) => {
  t.is(recordsThatFit(logs, from, room, 'items'), count)
})
test('as many records fit as there is room', itemsFit, 0, 3, 3)
test('no more than there are', itemsFit, 0, 9, 4)
test('no more than are left', itemsFit, 3, 9, 1)
test('none without room', itemsFit, 0, 0, 0)
test('none when the room is overdrawn', itemsFit, 0, -2, 0)

const bytesFit = test.macro((t, from: number, records: number, extra: number, count: number) => {
  let room = extra
  for (let i = from; i < from + records; i++) room += bytesAt(i)
  t.is(recordsThatFit(logs, from, room, 'bytes'), count)
})
test('records that fill the room to the last byte fit', bytesFit, 0, 3, 0, 3)
test('one byte less and the last one does not', bytesFit, 0, 3, -1, 2)
test('counting starts where it is told to', bytesFit, 2, 1, 0, 1)
test('no record fits into no bytes', bytesFit, 0, 0, 0, 0)
test('all fit into plenty', bytesFit, 1, 3, 1000, 3)
