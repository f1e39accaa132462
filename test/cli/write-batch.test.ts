import { PassThrough } from 'node:stream'
import test from 'ava'
import { writeBatch } from '../../src/cli/write-batch.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'

const batch = sampleLogs(['a'])

async function written(format: 'json' | 'proto'): Promise<Buffer> {
  const stream = new PassThrough()
  await writeBatch(stream, batch, format)
  return Buffer.concat((await stream.end().toArray()) as Buffer[])
}

test('JSON is one line', async t => {
  t.regex((await written('json')).toString(), /^\{"resourceLogs".*\}\n$/)
})

test('protobuf comes behind its length', async t => {
  const bytes = await written('proto')
  t.is(bytes.readUInt32BE(0), batch.bytes.length)
  t.deepEqual(bytes.subarray(4), batch.bytes)
})

test('a reader that is slow is waited for', async t => {
  const stream = new PassThrough({ highWaterMark: 1 })
  let done = false
  const writing = writeBatch(stream, batch, 'json').then(() => {
    done = true
  })
  await new Promise(resolve => setImmediate(resolve))
  t.false(done)
  stream.resume()
  await writing
  t.true(done)
})
