import { crc32c } from '@node-rs/crc32'
import test from 'ava'
import fc from 'fast-check'
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from '../../../src/queue/log/segment-header.ts'

const count = fc.maxSafeNat()
const header: fc.Arbitrary<SegmentHeader> = fc.record({
  number: count,
  totals: fc.record({ sequence: count, records: count, bytes: count }),
  createdAtUnixMs: fc.double({ noNaN: true }),
  queueId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(id => id.toString(16).padStart(16, '0')),
})

const SAMPLE: SegmentHeader = {
  number: 42,
  totals: { sequence: 7, records: 99, bytes: 12345 },
  createdAtUnixMs: 1_700_000_000_000,
  queueId: '00112233445566ff',
}

test('a header comes back as it went in', t => {
  fc.assert(
    fc.property(header, fields => {
      const bytes = encodeSegmentHeader(fields)
      t.is(bytes.length, SEGMENT_HEADER_BYTES)
      t.deepEqual(decodeSegmentHeader(bytes), fields)
    }),
  )
})

test('every single flipped bit makes it a damaged header', t => {
  const good = encodeSegmentHeader(SAMPLE)
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bytes = Buffer.from(good)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    if (decodeSegmentHeader(bytes) !== undefined) return t.fail(`bit ${bit} was not seen`)
  }
  t.pass()
})

test('every truncation makes it a damaged header', t => {
  const good = encodeSegmentHeader(SAMPLE)
  for (let length = 0; length < good.length; length++) {
    if (decodeSegmentHeader(good.subarray(0, length)) !== undefined)
      return t.fail(`${length} bytes`)
  }
  t.pass()
})

test('a file that is none of ours is a damaged header', t => {
  const bytes = encodeSegmentHeader(SAMPLE)
  bytes.write('RIFF')
  t.is(decodeSegmentHeader(withCrc(bytes)), undefined)
  t.is(decodeSegmentHeader(Buffer.alloc(SEGMENT_HEADER_BYTES)), undefined)
})

test('a newer version is told from damage', t => {
  const bytes = encodeSegmentHeader(SAMPLE)
  bytes.writeUInt32LE(2, 4)
  t.throws(() => decodeSegmentHeader(withCrc(bytes)), {
    message:
      'was written in version 2 of the queue format, this Parsec knows version 1: run the newer Parsec to empty the queue, or choose another directory',
  })
})

function withCrc(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 60)), 60)
  return bytes
}
