import test from 'ava'
import fc from 'fast-check'
import { type ReadRecord, readRecords } from '../../../src/kafka/protocol/read-records.ts'
import {
  recordsBytes,
  type WritableRecord,
  writeRecords,
} from '../../../src/kafka/protocol/records.ts'
import { anyRecords, asRead, NOW_MS } from '../../helpers/kafka-records.ts'

function written(records: readonly WritableRecord[]): Buffer {
  const out = Buffer.alloc(recordsBytes(records, NOW_MS, NOW_MS))
  writeRecords(out, 0, records, NOW_MS, NOW_MS)
  return out
}

function read(bytes: Buffer, count: number): ReadRecord[] {
  const records: ReadRecord[] = []
  readRecords(bytes, count, record => records.push(record))
  return records
}

test('what was written is read', t => {
  fc.assert(
    fc.property(anyRecords, records => {
      const expected = records.map((record, offsetDelta) => ({
        offsetDelta,
        timestampDeltaMs: (record.timestampMs ?? NOW_MS) - NOW_MS,
        ...asRead(record),
      }))
      t.deepEqual(read(written(records), records.length), expected)
    }),
  )
})

test('a record cut short or with bytes behind it is refused, and so is another count', t => {
  fc.assert(
    fc.property(anyRecords, fc.nat(), (records, cut) => {
      const bytes = written(records)
      const { length } = records
      t.throws(() => read(bytes.subarray(0, cut % bytes.length), length))
      t.throws(() => read(Buffer.concat([bytes, Buffer.alloc(1 + (cut % 9))]), length))
      t.throws(() => read(bytes, length + 1))
      t.throws(() => read(bytes, length - 1), { message: /bytes follow the last of/ })
    }),
  )
})

test('bytes that are anything are read or refused with an error, and nothing is read outside', t => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: -1, max: 40 }),
      (array, count) => {
        const bytes = Buffer.from(array)
        try {
          for (const { key, value } of read(bytes, count)) {
            t.true((key?.length ?? 0) + (value?.length ?? 0) <= bytes.length)
          }
        } catch (error) {
          t.true(error instanceof Error)
          t.notRegex((error as Error).message, /undefined|NaN/)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('damage in valid records is read or refused with an error', t => {
  fc.assert(
    fc.property(anyRecords, fc.nat(), fc.nat({ max: 255 }), (records, at, byte) => {
      const bytes = written(records)
      bytes[at % bytes.length] = byte
      try {
        t.is(read(bytes, records.length).length, records.length)
      } catch (error) {
        t.regex((error as Error).message, /^(record \d+ of \d+: |\d+ bytes follow)/)
      }
    }),
    { numRuns: 1000 },
  )
})

test('each fault is named, with the record it is in', t => {
  const good = written([{ key: null, value: 'v' }])
  const second = (hex: string): (() => unknown) => {
    const bytes = Buffer.concat([good, Buffer.from(hex, 'hex')])
    return () => read(bytes, 2)
  }
  const faults: [hex: string, message: string][] = [
    ['ffffffffffffff', 'record 1 of 2: a number in it does not end'],
    ['7e000000010100', 'record 1 of 2: it reaches beyond the end'],
    ['0c000000060100', 'record 1 of 2: its key reaches beyond its end'],
    ['0c000000010600', 'record 1 of 2: its value reaches beyond its end'],
    ['0c000000010106', 'record 1 of 2: it cannot have 3 headers'],
    ['10000000010102' + '0101', 'record 1 of 2: a header has no name'],
    ['0e00000001010000', 'record 1 of 2: it is longer than what is in it'],
  ]
  for (const [hex, message] of faults) t.throws(second(hex), { message })
  t.throws(() => read(good, 2 ** 31 - 1), { message: /cannot be in 8 bytes/ })
})

test('headers of one name are a list, and no name is magic', t => {
  const headers: Record<string, string[]> = { a: ['1', '2', '3'] }
  Object.defineProperty(headers, '__proto__', { value: ['x', 'y'], enumerable: true })
  const [record] = read(written([{ key: null, value: null, headers }]), 1)
  t.deepEqual(Object.keys(record!.headers), ['a', '__proto__'])
  t.deepEqual(
    record!.headers['a'],
    ['1', '2', '3'].map(text => Buffer.from(text)),
  )
  t.is(Object.getPrototypeOf(record!.headers), Object.prototype)
})

test('more records or headers than are worth the memory are refused before they are read', t => {
  const records = Buffer.alloc(8 * 1_000_001)
  t.throws(() => read(records, 1_000_001), { message: /over 1000000 records in a batch/ })
  // One record with a million and one empty headers, which packs to almost nothing.
  const headers = Buffer.alloc(2 * 1_000_001)
  const count = Buffer.from('82897a', 'hex')
  const body = Buffer.concat([Buffer.from('0000000101', 'hex'), count, headers])
  const length = Buffer.alloc(4)
  for (let i = 0, rest = body.length * 2; i < 4; i++, rest >>>= 7) {
    length[i] = (rest & 0x7f) | (i < 3 ? 0x80 : 0)
  }
  t.throws(() => read(Buffer.concat([length, body]), 1), {
    message: 'record 0 of 1: over 1000000 headers in a batch are refused',
  })
})
