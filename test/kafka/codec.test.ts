import zlib from 'node:zlib'
import test from 'ava'
import fc from 'fast-check'
import { type Codec, zlibCodec } from '../../src/kafka/codec.ts'
import { checkCodec } from '../helpers/kafka-codec.ts'

const gzip: Codec = zlibCodec('gzip', zlib.gzip, zlib.gunzip)

checkCodec('gzip', gzip)

test('damaged gzip is refused with its name', async t => {
  await t.throwsAsync(gzip.decompress(Buffer.from('not gzip'), 100), { message: /^gzip: / })
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), async bytes => {
      await gzip.decompress(Buffer.from(bytes), 100).catch(() => undefined)
    }),
  )
})
