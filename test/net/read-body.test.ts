import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import test from 'ava'
import { FairBudget, type Lease } from '../../src/net/fair-budget.ts'
import { readBody } from '../../src/net/read-body.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

function leaseOf(bytesMax: number): Lease {
  return new FairBudget({ bytesMax }).lease('a')
}

/** A request whose body comes in these chunks; `declared` is its content-length. */
function request(chunks: readonly Buffer[], declared?: number): IncomingMessage {
  const stream = new PassThrough()
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  const headers = declared === undefined ? {} : { 'content-length': String(declared) }
  return Object.assign(stream, { headers }) as unknown as IncomingMessage
}

const KIB = 1024
const chunks = Array.from({ length: 40 }, (_, i) => Buffer.alloc(65 * KIB, i))
const whole = Buffer.concat(chunks)

const reads = test.macro(async (t, parts: readonly Buffer[], declared: number | undefined) => {
  const lease = leaseOf(16 * KIB * KIB)
  const body = await readBody(request(parts, declared), 8 * KIB * KIB, lease)
  t.true(Buffer.concat(parts).equals(body))
})
test('no body', reads, [], undefined)
test('one chunk', reads, [Buffer.from('hello')], 5)
test('many chunks of a known length', reads, chunks, whole.length)
test('many chunks of an unknown length', reads, chunks, undefined)
test('more than was declared, as long as it is within the limit', reads, chunks, 10)
test('less than was declared', reads, chunks, 8 * KIB * KIB)

test('a large content-length takes no memory before the bytes are there', async t => {
  const lease = leaseOf(64 * KIB * KIB)
  const two = [Buffer.alloc(10), Buffer.alloc(10)]
  await readBody(request(two, 60 * KIB * KIB), 64 * KIB * KIB, lease)
  t.true(lease.heldBytes <= KIB * KIB, String(lease.heldBytes))
})

const refused = test.macro(
  async (t, declared: number | undefined, limit: number, held: number, expected: object) => {
    const budget = new FairBudget({ bytesMax: held })
    budget.lease('a').take(1000)
    const lease = budget.lease('a')
    const error = await t.throwsAsync(readBody(request(chunks, declared), limit, lease), {
      instanceOf: PipelineError,
    })
    t.like(error, { code: 'resource_exhausted', ...expected })
  },
)
const over = { retryable: false, reason: 'request_too_large' }
test('a length over the limit', refused, whole.length, 1000, 1e9, over)
test('bytes over the limit', refused, undefined, whole.length - 1, 1e9, over)
test('a length that hides how much comes', refused, 5, whole.length - 1, 1e9, over)
const full = { retryable: true, reason: 'requests_in_flight' }
test('bytes over what is left for all requests', refused, whole.length, 1e9, whole.length, full)

test('a client that goes away is a cancelled request', async t => {
  const stream = new PassThrough()
  const broken = Object.assign(stream, { headers: {} }) as unknown as IncomingMessage
  const reading = readBody(broken, 1000, leaseOf(1000))
  stream.destroy(new Error('aborted'))
  t.like(await t.throwsAsync(reading), { code: 'cancelled', retryable: true })
})

test('a body that must make room for another client is let go, and no more of it is read', async t => {
  const budget = new FairBudget({ bytesMax: 100 })
  const stream = new PassThrough()
  const slow = Object.assign(stream, { headers: {} }) as unknown as IncomingMessage
  const lease = budget.lease('greedy')
  const reading = readBody(slow, 1000, lease)
  stream.write(Buffer.alloc(90))
  while (lease.heldBytes === 0) await new Promise(setImmediate)
  budget.lease('other').take(20)
  t.like(await t.throwsAsync(reading), { reason: 'client_share', retryable: true })
  t.true(stream.isPaused())
  t.is(budget.heldBytes, 20)
})
