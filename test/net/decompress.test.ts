import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import test from 'ava'
import { CONTENT_ENCODINGS, type ContentEncoding, decompress } from '../../src/net/decompress.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

const LIMIT = 4 * 1024 ** 2
const small = Buffer.from('hello hello hello')
// Too large to be unpacked on the spot, packed and unpacked.
const large = Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => (i * 7919) % 251))

const unpacks = test.macro(async (t, encoding: ContentEncoding, packed: Buffer, plain: Buffer) => {
  t.true(plain.equals(await decompress(encoding, packed, LIMIT)))
})
test('gzip', unpacks, 'gzip', gzipSync(small), small)
test(
  'gzip in two members',
  unpacks,
  'gzip',
  Buffer.concat([gzipSync('a'), gzipSync('b')]),
  Buffer.from('ab'),
)
test('gzip of nothing', unpacks, 'gzip', gzipSync(''), Buffer.alloc(0))
test('large gzip', unpacks, 'gzip', gzipSync(large, { level: 0 }), large)
test(
  'gzip that unpacks to much',
  unpacks,
  'gzip',
  gzipSync(Buffer.alloc(LIMIT)),
  Buffer.alloc(LIMIT),
)
test('deflate', unpacks, 'deflate', deflateSync(small), small)
test('deflate without the zlib header', unpacks, 'deflate', deflateRawSync(small), small)
test('zlib', unpacks, 'zlib', deflateSync(small), small)

const refuses = test.macro(
  async (t, encoding: ContentEncoding, packed: Buffer, limit: number, expected: object) => {
    const error = await t.throwsAsync(decompress(encoding, packed, limit), {
      instanceOf: PipelineError,
    })
    t.like(error, { retryable: false, ...expected })
  },
)
const tooLarge = { code: 'resource_exhausted' }
const damaged = { code: 'invalid_argument' }
const bomb = gzipSync(Buffer.alloc(64 * 1024 ** 2))
test('a gzip bomb stops at the limit', refuses, 'gzip', bomb, LIMIT, tooLarge)
test('one byte over a small limit', refuses, 'gzip', gzipSync(small), small.length - 1, tooLarge)
test('cut short', refuses, 'gzip', gzipSync(small).subarray(0, 20), LIMIT, damaged)
test(
  'large and cut short',
  refuses,
  'gzip',
  gzipSync(large, { level: 0 }).subarray(0, -9),
  LIMIT,
  damaged,
)
test('something else', refuses, 'gzip', Buffer.from('not gzip at all'), LIMIT, damaged)
test('nothing', refuses, 'gzip', Buffer.alloc(0), LIMIT, damaged)

test('gzip that lies about its size is damaged', async t => {
  for (const size of [0, 1, 0xffffffff]) {
    const packed = gzipSync(small)
    const lie = Buffer.from(packed)
    lie.writeUInt32LE(size, lie.length - 4)
    await t.throwsAsync(decompress('gzip', lie, LIMIT), { instanceOf: PipelineError })
  }
})

test('zstd is there when Node has it', t => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const expected = major > 23 || (major === 23 && minor >= 8) || (major === 22 && minor >= 15)
  t.is(CONTENT_ENCODINGS.includes('zstd'), expected)
})
