import test from 'ava'
import fc from 'fast-check'
import {
  decodeBody,
  decodeHeader,
  isIntact,
  numberRecord,
  prepareRecord,
  RECORD_ALIGN_BYTES,
  RECORD_HEADER_BYTES,
  recordSalt,
} from '../../../src/queue/log/record.ts'
import { recordBytes, SALT } from '../../helpers/segment-image.ts'

const sequence = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const context = fc.record(
  {
    requestId: fc.string({ unit: 'grapheme' }),
    clientAddress: fc.string(),
    metadata: fc
      .uniqueArray(fc.tuple(fc.string(), fc.array(fc.string())), { selector: ([key]) => key })
      // Names of numbers lose their place in JSON; the order has no meaning here.
      .map(entries => new Map(entries.filter(([key]) => !/^\d+$/.test(key)))),
  },
  { requiredKeys: ['requestId'] },
)
const record = fc.record({
  origin: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
  context,
  records: fc.nat(2 ** 32 - 1),
  acceptedAtUnixMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
})
const data = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))

test('a record comes back as it went in, whatever lies around it', t => {
  fc.assert(
    fc.property(
      record,
      data,
      sequence,
      fc.nat(),
      fc.nat(40),
      (meta, body, number, salt, before) => {
        const prepared = prepareRecord(meta, body)
        numberRecord(prepared, number, salt)
        const written = Buffer.concat([prepared.head, prepared.data])
        t.is(written.length, prepared.bytes)
        t.is(written.length % RECORD_ALIGN_BYTES, 0)
        const bytes = Buffer.concat([Buffer.alloc(before, 7), written, Buffer.alloc(9, 7)])
        const header = decodeHeader(bytes, before)!
        t.like(header, { bytes: written.length, sequence: number, records: meta.records })
        t.is(header.acceptedAtUnixMs, meta.acceptedAtUnixMs)
        t.true(isIntact(bytes, before, header, salt))
        const found = decodeBody(bytes, before, header)
        t.deepEqual(found.data, body)
        t.deepEqual(found.meta, { origin: meta.origin, context: meta.context })
      },
    ),
  )
})

test('every single flipped bit is seen', t => {
  const good = recordBytes(7, { data: 'some data', origin: 'a/1' })
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bytes = Buffer.from(good)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    const header = decodeHeader(bytes, 0)
    const whole = header !== undefined && header.bytes <= bytes.length
    if (whole && isIntact(bytes, 0, header, SALT)) return t.fail(`bit ${bit} was not seen`)
  }
  t.pass()
})

test('every truncation is seen', t => {
  const good = recordBytes(7, { data: 'some data' })
  for (let length = 0; length < good.length; length++) {
    const bytes = good.subarray(0, length)
    const header = decodeHeader(bytes, 0)
    const whole = header !== undefined && header.bytes <= bytes.length
    if (whole) return t.fail(`${length} bytes were taken for a whole record`)
  }
  t.pass()
})

test('a record of another queue is not intact here', t => {
  const salt = recordSalt('ffffffffffffffff')
  const bytes = recordBytes(7, { salt })
  const header = decodeHeader(bytes, 0)!
  t.true(isIntact(bytes, 0, header, salt))
  t.false(isIntact(bytes, 0, header, SALT))
})

test('no bytes at all make the header decoder throw', t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(90), (bytes, offset) => {
      const header = decodeHeader(Buffer.from(bytes), offset)
      if (header === undefined) return
      t.true(header.bytes >= RECORD_HEADER_BYTES && header.sequence > 0)
      t.true(header.metaBytes <= header.bytes - RECORD_HEADER_BYTES)
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

const isNone = test.macro((t, offset: number, value: bigint, bytes: number) => {
  const record = recordBytes(7)
  if (bytes === 8) record.writeBigUInt64LE(value, offset)
  else record.writeUInt32LE(Number(value), offset)
  t.is(decodeHeader(record, 0), undefined)
})
test('zeros are no record', t => t.is(decodeHeader(Buffer.alloc(64), 0), undefined))
test('a record without a length is none', isNone, 0, 0n, 4)
test('a length that ends between two records is none', isNone, 0, 41n, 4)
test('a sequence of zero is none', isNone, 8, 0n, 8)
test('a sequence beyond what a number holds is none', isNone, 8, 2n ** 53n, 8)
test('meta longer than the whole is none', isNone, 16, 4096n, 4)
