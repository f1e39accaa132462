import zlib from 'node:zlib'
import test from 'ava'
import { createZstdCodec } from '../../src/kafka/zstd-codec.ts'
import { checkCodec, lines } from '../helpers/kafka-codec.ts'

checkCodec('zstd', createZstdCodec())

const LIMIT = 1_000_000
const packageCodec = createZstdCodec({ library: {} })

test("the package and this Node's own codec read each other", async t => {
  const own = createZstdCodec({ library: zlib })
  const text = Buffer.from('some text, some text, some text')
  t.deepEqual(await packageCodec.decompress(await own.compress(text), LIMIT), text)
  t.deepEqual(await own.decompress(await packageCodec.compress(text), LIMIT), text)
})

for (const library of [zlib, {}]) {
  test(`a level is kept by ${library === zlib ? 'this Node' : 'the package'}`, async t => {
    const text = lines(3000)
    const sizes = []
    for (const level of [1, 19, 22]) {
      const packed = await createZstdCodec({ level, library }).compress(text)
      t.deepEqual(await createZstdCodec().decompress(packed, LIMIT), text)
      t.deepEqual(await packageCodec.decompress(packed, LIMIT), text)
      sizes.push(packed.length)
    }
    t.true(sizes[1]! < sizes[0]! * 0.97, String(sizes))
    t.true(sizes[2]! <= sizes[1]!, String(sizes))
  })
}

test('what is no frame is refused', async t => {
  await t.throwsAsync(packageCodec.decompress(Buffer.from('no frame'), 100), {
    message: 'zstd: not a frame',
  })
})

test('frames one behind the other are bounded together, and such as are passed over count nothing', async t => {
  const text = Buffer.from('some text. ')
  const frame = await packageCodec.compress(text)
  const skippable = Buffer.from('5a2a4d1803000000aabbcc', 'hex')
  const three = Buffer.concat([frame, skippable, frame])
  t.deepEqual(await packageCodec.decompress(three, LIMIT), Buffer.concat([text, text]))
  const bomb = await packageCodec.compress(Buffer.alloc(LIMIT * 0.9))
  await t.notThrowsAsync(packageCodec.decompress(bomb, LIMIT))
  for (const frames of [
    [bomb, bomb],
    [frame, bomb, bomb],
    [skippable, bomb, skippable, bomb],
  ]) {
    await t.throwsAsync(packageCodec.decompress(Buffer.concat(frames), LIMIT), {
      message: /^zstd: .* is refused$/,
    })
  }
  await t.throwsAsync(packageCodec.decompress(Buffer.concat([frame, text]), LIMIT), {
    message: 'zstd: not a frame',
  })
})
