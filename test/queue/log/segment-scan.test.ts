import test from 'ava'
import fc from 'fast-check'
import { recordSalt } from '../../../src/queue/log/record.ts'
import { SEGMENT_HEADER_BYTES } from '../../../src/queue/log/segment-header.ts'
import { type ScanOptions, SegmentScan } from '../../../src/queue/log/segment-scan.ts'
import { MemoryFile, recordBytes, SALT, segmentBytes } from '../../helpers/segment-image.ts'

/** What is found: `1` for the record with that sequence, `-2@100+64` for damage. */
async function scan(bytes: Buffer, options: Partial<ScanOptions> = {}): Promise<string[]> {
  const segment = new SegmentScan({
    file: new MemoryFile(bytes),
    salt: SALT,
    offset: SEGMENT_HEADER_BYTES,
    sequence: 1,
    end: bytes.length,
    ...options,
  })
  const seen: string[] = []
  for (let found = await segment.next(); found !== undefined; found = await segment.next()) {
    if (found.kind === 'record') seen.push(`${found.header.sequence}`)
    else seen.push(`-${found.missing}@${found.offset}+${found.bytes}`)
  }
  return seen
}

const records = [1, 2, 3].map(sequence => recordBytes(sequence))
const LENGTH = records[0]!.length
const offsetOf = (index: number): number => SEGMENT_HEADER_BYTES + index * LENGTH

test('records come in order, and zeros are the end', async t => {
  t.deepEqual(await scan(segmentBytes(records)), ['1', '2', '3'])
})

test('a segment that is full to its last byte is read whole', async t => {
  t.deepEqual(await scan(segmentBytes(records, 0)), ['1', '2', '3'])
})

test('a segment without records is none', async t => {
  t.deepEqual(await scan(segmentBytes([])), [])
  t.deepEqual(await scan(segmentBytes([], 0)), [])
})

test('wherever the last record was torn off, those before it are read', async t => {
  const all = segmentBytes(records, 0)
  for (let end = offsetOf(2) + 1; end < all.length; end++) {
    const torn = Buffer.concat([all.subarray(0, end), Buffer.alloc(300)])
    const last = all.subarray(end).every(byte => byte === 0) ? ['3'] : []
    t.deepEqual(await scan(torn), ['1', '2', ...last])
    t.deepEqual(await scan(all.subarray(0, end)), ['1', '2'])
  }
})

test('a flipped bit anywhere in a record passes over that one and reads its neighbours', async t => {
  for (let bit = offsetOf(1) * 8; bit < offsetOf(2) * 8; bit++) {
    const bytes = segmentBytes(records)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    const damage = `-1@${offsetOf(1)}+${LENGTH}`
    t.deepEqual(await scan(bytes), ['1', damage, '3'])
    t.deepEqual(await scan(bytes, { sequenceEnd: 4 }), ['1', damage, '3'])
  }
})

test('damage at the begin and over several records is one report', async t => {
  const bytes = segmentBytes(records)
  bytes.fill(0xff, offsetOf(0), offsetOf(2))
  t.deepEqual(await scan(bytes), [`-2@${offsetOf(0)}+${2 * LENGTH}`, '3'])
})

test('damage at the end is none while nobody knows how many there should be', async t => {
  const bytes = segmentBytes(records)
  bytes[offsetOf(2) + 40]! ^= 1
  t.deepEqual(await scan(bytes), ['1', '2'])
  const rest = bytes.length - offsetOf(2)
  t.deepEqual(await scan(bytes, { sequenceEnd: 4 }), ['1', '2', `-1@${offsetOf(2)}+${rest}`])
})

test('nothing is read beyond the sequence at which the next segment begins', async t => {
  t.deepEqual(await scan(segmentBytes(records), { sequenceEnd: 3 }), ['1', '2'])
})

test('what an earlier life of the file has left is not read', async t => {
  const earlier = segmentBytes([1, 2, 3, 4, 5].map(sequence => recordBytes(sequence)))
  const now = segmentBytes(
    [6, 7].map(sequence => recordBytes(sequence, { data: 'x' })),
    0,
  )
  const bytes = Buffer.concat([now, earlier.subarray(now.length)])
  t.deepEqual(await scan(bytes, { sequence: 6 }), ['6', '7'])
  bytes[now.length - 1]! ^= 1
  t.deepEqual(await scan(bytes, { sequence: 6 }), ['6'])
})

test('a record that lies in the data of a damaged one is not read, whoever wrote it', async t => {
  const forged = recordBytes(3, { salt: recordSalt('ffffffffffffffff'), data: 'forged' })
  const unsalted = recordBytes(3, { salt: 0, data: 'forged' })
  const aligned = Buffer.concat([Buffer.alloc(8), forged, unsalted, Buffer.alloc(8)])
  for (let shift = 0; shift < 8; shift++) {
    const data = Buffer.concat([Buffer.alloc(shift), aligned])
    const good = [recordBytes(1), recordBytes(2, { data }), recordBytes(3), recordBytes(4)]
    const bytes = segmentBytes(good)
    t.deepEqual(await scan(bytes), ['1', '2', '3', '4'])
    const [first, second] = good
    bytes[SEGMENT_HEADER_BYTES + first!.length + 33]! ^= 1
    const damage = `-1@${SEGMENT_HEADER_BYTES + first!.length}+${second!.length}`
    t.deepEqual(await scan(bytes), ['1', damage, '3', '4'])
  }
})

test('a filler stands for all that is missing before the next record', async t => {
  const filler = recordBytes(3, { records: 0, data: '' })
  const bytes = segmentBytes([recordBytes(1), filler, recordBytes(4)])
  t.deepEqual(await scan(bytes), ['1', '3', '4'])
})

test('a record longer than what is read at once is read whole', async t => {
  const long = recordBytes(2, { data: Buffer.alloc(3 * 1024 * 1024, 'x') })
  const bytes = segmentBytes([recordBytes(1), long, recordBytes(3)])
  t.deepEqual(await scan(bytes), ['1', '2', '3'])
  bytes[SEGMENT_HEADER_BYTES + LENGTH + 2_000_000]! ^= 1
  t.deepEqual(await scan(bytes), ['1', `-1@${SEGMENT_HEADER_BYTES + LENGTH}+${long.length}`, '3'])
})

test('any damage at all leaves what was not touched, in order, and ends', async t => {
  const many = Array.from({ length: 12 }, (_, i) => recordBytes(i + 1, { data: 'x'.repeat(i * 9) }))
  const offsets = many.map((_, i) =>
    many.slice(0, i).reduce((sum, { length }) => sum + length, SEGMENT_HEADER_BYTES),
  )
  const good = segmentBytes(many)
  const wound = fc.record({ at: fc.nat(good.length - 1), bytes: fc.uint8Array({ minLength: 1 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(wound, { minLength: 1, maxLength: 4 }), async wounds => {
      const bytes = Buffer.from(good)
      for (const { at, bytes: other } of wounds) bytes.set(other.subarray(0, bytes.length - at), at)
      const seen = (await scan(bytes, { sequenceEnd: 13 })).filter(text => !text.startsWith('-'))
      const whole = many.flatMap((record, i) => {
        const there = bytes.subarray(offsets[i], offsets[i]! + record.length)
        return there.equals(record) ? [`${i + 1}`] : []
      })
      t.deepEqual(seen, whole)
    }),
    { numRuns: 300 },
  )
})

test('every sequence is either read or reported, whatever the bytes', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 400 }),
      fc.integer({ min: 1, max: 9 }),
      async (noise, end) => {
        const seen = await scan(Buffer.concat([segmentBytes([], 0), noise]), {
          sequenceEnd: end + 1,
        })
        const missing = seen.reduce((sum, text) => sum + Number(/^-(\d+)/.exec(text)?.[1] ?? 1), 0)
        t.is(missing, end)
      },
    ),
  )
})
