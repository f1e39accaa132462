import zlib from 'node:zlib'
import test from 'ava'
import { type Compression, canCompress, compress } from '../../src/net/compression.ts'

const zstdDecompress = (zlib as { zstdDecompressSync?: (bytes: Buffer) => Buffer })
  .zstdDecompressSync

const undo: Record<Compression, (bytes: Buffer) => Buffer> = {
  none: bytes => bytes,
  gzip: bytes => zlib.gunzipSync(bytes),
  deflate: bytes => zlib.inflateSync(bytes),
  zstd: bytes => zstdDecompress!(bytes),
}

const roundTrip = test.macro({
  async exec(t, compression: Compression, size: number) {
    const bytes = Buffer.from('a log line '.repeat(Math.ceil(size / 11)).slice(0, size))
    if (!canCompress(compression)) {
      await t.throwsAsync(compress(bytes, compression, 1), { message: /needs Node 22\.15/ })
      return
    }
    const compressed = await compress(bytes, compression, 1)
    t.deepEqual(undo[compression](compressed), bytes)
    if (compression !== 'none' && size > 1000) t.true(compressed.length < bytes.length / 10)
  },
  title: (_, compression: Compression, size: number) =>
    `${compression} of ${size} bytes can be read again`,
})

for (const compression of ['none', 'gzip', 'deflate', 'zstd'] as const) {
  test(roundTrip, compression, 0)
  test(roundTrip, compression, 10)
  test(roundTrip, compression, 16 * 1024)
  test(roundTrip, compression, 300_000)
}

test('bytes that do not compress come back whole', async t => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919 * i) % 251))
  t.deepEqual(zlib.gunzipSync(await compress(bytes, 'gzip', 9)), bytes)
})
