import test from 'ava'
import { lz4Codec } from '../../src/kafka/lz4-codec.ts'
import { checkCodec } from '../helpers/kafka-codec.ts'

checkCodec('lz4', lz4Codec)

test('what is no frame is refused', async t => {
  await t.throwsAsync(lz4Codec.decompress(Buffer.from('no frame at all'), 100), {
    message: 'lz4: not a frame',
  })
})
