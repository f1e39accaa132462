import test from 'ava'
import { UNDECODABLE_HEADER, undecodableRecords } from '../../src/kafka/undecodable.ts'

/** Memory as kafkajs has it: a batch's header of 61 bytes, and the records behind. */
function packed(count: number, lastDelta: number): Buffer {
  const batch = Buffer.alloc(70)
  batch.writeInt32BE(lastDelta, 23)
  batch.writeInt32BE(count, 57)
  return batch.subarray(61)
}

test('there is a record for each that the batch has, with the reason', t => {
  const records = undecodableRecords(packed(3, 9), 'damaged')!
  const length = records[0]! / 2
  const first = records.subarray(1, 1 + length)
  t.is(first.subarray(-7).toString(), 'damaged')
  t.true(first.includes(UNDECODABLE_HEADER))
  t.is(records.length, 3 * (length + 1))
  // Offset deltas, zigzag: 0, 1, and the last one's own.
  t.deepEqual(
    [0, 1, 2].map(i => records[i * (length + 1) + 3]),
    [0, 2, 18],
  )
})

test('a header that cannot be true gives none', t => {
  t.is(undecodableRecords(packed(0, 0), 'x'), undefined)
  t.is(undecodableRecords(packed(-5, 0), 'x'), undefined)
  t.is(undecodableRecords(packed(5, 3), 'x'), undefined)
  t.is(undecodableRecords(packed(2 ** 31 - 1, 2 ** 31 - 1), 'x'), undefined)
  t.is(undecodableRecords(Buffer.from(new ArrayBuffer(8)), 'x'), undefined)
})
