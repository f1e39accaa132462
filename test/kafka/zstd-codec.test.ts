import zlib from 'node:zlib'
import test from 'ava'
import { createZstdCodec } from '../../src/kafka/zstd-codec.ts'
import { checkCodec } from '../helpers/kafka-codec.ts'

checkCodec('zstd', createZstdCodec())

const LIMIT = 1_000_000
const packageCodec = createZstdCodec({})

test("the package and this Node's own codec read each other", async t => {
  const own = createZstdCodec(zlib)
  const text = Buffer.from('some text, some text, some text')
  t.deepEqual(await packageCodec.decompress(await own.compress(text), LIMIT), text)
  t.deepEqual(await own.decompress(await packageCodec.compress(text), LIMIT), text)
})

test('what is no frame is refused', async t => {
  await t.throwsAsync(packageCodec.decompress(Buffer.from('no frame'), 100), {
    message: 'zstd: not a frame',
  })
})
