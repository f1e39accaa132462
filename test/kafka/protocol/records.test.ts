import { createRequire } from 'node:module'
import test from 'ava'
import fc from 'fast-check'
import {
  recordsBytes,
  type WritableRecord,
  writeRecords,
} from '../../../src/kafka/protocol/records.ts'
import { anyRecords, NOW_MS } from '../../helpers/kafka-records.ts'

const require = createRequire(import.meta.url)
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => {
  readonly buffer: Buffer
}

function write(records: readonly WritableRecord[], baseMs = NOW_MS): Buffer {
  const out = Buffer.alloc(recordsBytes(records, baseMs, NOW_MS) + 8, 0xee)
  writeRecords(out, 4, records, baseMs, NOW_MS)
  return out
}

test('records are written as kafkajs writes them, into exactly the room that was counted', t => {
  fc.assert(
    fc.property(anyRecords, records => {
      const out = write(records)
      const theirs = records.map(({ key, value, headers, timestampMs = NOW_MS }, offsetDelta) =>
        encodeRecord({
          key,
          value,
          headers,
          offsetDelta,
          timestampDelta: timestampMs - NOW_MS,
        }),
      )
      const expected = Buffer.concat(theirs.map(({ buffer }) => buffer))
      t.deepEqual(out.subarray(4, -4), expected)
      t.deepEqual(out.subarray(0, 4), Buffer.alloc(4, 0xee))
      t.deepEqual(out.subarray(-4), Buffer.alloc(4, 0xee))
    }),
  )
})

test('a difference of times may have more than 32 bits, both ways', t => {
  for (const timestampMs of [0, 2 ** 45]) {
    const [record] = [{ key: null, value: null, timestampMs }]
    const out = write([record])
    const theirs = encodeRecord({ ...record, timestampDelta: timestampMs - NOW_MS })
    t.deepEqual(out.subarray(4, -4), theirs.buffer)
  }
})

test('a header without a value is null, and a list is as many headers', t => {
  const out = write([{ key: 'k', value: 'v', headers: { none: undefined, two: ['a', null] } }])
  t.is(
    out.toString('hex', 4, out.length - 4),
    '3200000002' + '6b' + '0276' + '06' + '086e6f6e6501' + '0674776f0261' + '0674776f01',
  )
})
