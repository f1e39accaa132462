import test from 'ava'
import fc from 'fast-check'
import { CopyWriter } from '../../../../../plugins/exporters/postgres/copy/copy-writer.ts'
import { writeTime } from '../../../../../plugins/exporters/postgres/copy/time.ts'

const EPOCH_MICROS = 946_684_800_000_000n

/** The nanoseconds that the two fields stand for. */
function written(nanos: bigint): bigint {
  const out = new CopyWriter(Buffer.alloc(0))
  const bits = BigInt.asUintN(64, nanos)
  writeTime(out, Number(bits & 0xffffffffn), Number(bits >> 32n))
  const bytes = out.finish()
  if (bytes.length !== 18 || bytes.readInt32BE(0) !== 8 || bytes.readInt32BE(12) !== 2) {
    throw new Error(bytes.toString('hex'))
  }
  const rest = bytes.readInt16BE(16)
  if (rest < 0 || rest > 999) throw new Error(`${rest} nanoseconds`)
  return (bytes.readBigInt64BE(4) + EPOCH_MICROS) * 1000n + BigInt(rest)
}

test('no time loses a nanosecond', t => {
  const edges = [0n, 1n, -1n, 999n, 1000n, -1000n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n]
  for (const nanos of [...edges, EPOCH_MICROS * 1000n, EPOCH_MICROS * 1000n - 1n]) {
    t.is(written(nanos), nanos)
  }
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), nanos =>
      t.is(written(nanos), nanos),
    ),
    { numRuns: 1000 },
  )
})
