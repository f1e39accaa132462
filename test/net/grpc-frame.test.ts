import { gzipSync } from 'node:zlib'
import test from 'ava'
import { PREFIX_BYTES, readUnaryMessage } from '../../src/net/grpc-frame.ts'

function frame(message: Buffer, flag: number, length = message.length): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix[0] = flag
  prefix.writeUInt32BE(length, 1)
  return Buffer.concat([prefix, message])
}

const pong = Buffer.from('pong')

test('a message that is not marked as compressed is taken as it is', t => {
  t.deepEqual(readUnaryMessage(frame(pong, 0), 'gzip', 10), pong)
})

test('a message that is marked as compressed is unpacked, up to the limit itself', t => {
  t.deepEqual(readUnaryMessage(frame(gzipSync(pong), 1), 'gzip', 4), pong)
})

const refused = test.macro({
  exec(t, bytes: Buffer, encoding: string | undefined, message: RegExp) {
    t.throws(() => readUnaryMessage(bytes, encoding, 1000), { message })
  },
  title: (title = '') => `${title} is refused`,
})

test('half a prefix', refused, Buffer.alloc(4), undefined, /^the response has no message$/)
test('a message that is cut short', refused, frame(pong, 0, 5), undefined, /has 4 bytes.*says 5/)
test('a bomb', refused, frame(gzipSync(Buffer.alloc(1e6)), 1), 'gzip', /larger than 1000 bytes/)
test('damaged gzip', refused, frame(pong, 1), 'gzip', /is not valid gzip/)
test('an unknown encoding', refused, frame(pong, 1), 'snappy', /"snappy": only gzip, deflate/)
test('a mark without an encoding', refused, frame(pong, 1), undefined, /without grpc-encoding/)
