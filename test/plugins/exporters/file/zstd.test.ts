import test from 'ava'
import { zstdCompressor } from '../../../../plugins/exporters/file/zstd.ts'

test('a zlib without zstd gives no compressor', t => {
  t.is(zstdCompressor({}), undefined)
})

test('a zlib with zstd gives one, and its failure is a rejection', async t => {
  const compress = zstdCompressor({
    zstdCompress: (bytes: Buffer, done: (error: Error | null, out: Buffer) => void) =>
      bytes.length === 0 ? done(new Error('empty'), bytes) : done(null, bytes.subarray(1)),
  })
  t.deepEqual(await compress?.(Buffer.from('abc')), Buffer.from('bc'))
  await t.throwsAsync(async () => compress?.(Buffer.alloc(0)), { message: 'empty' })
})
