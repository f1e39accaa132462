import { createServer } from 'node:http'
import { decodeLogs, type LogBatch, PipelineError } from '#core'
import { createTestContext } from '#core/testing'
import { memoryLimiterConfig } from '../../plugins/processors/memory_limiter/config.ts'
import { MemoryLimiterProcessor } from '../../plugins/processors/memory_limiter/processor.ts'

/*
 * A receiver with nothing but a memory limiter in front of a destination that acknowledges at once
 * and keeps every batch for a while, as a queue without a bound would.
 * `node flood-child.js <limit_mib> <spike_limit_mib>` prints its port, and answers a POST with 200,
 * or 503 with Retry-After; a GET gives the largest resident size seen so far, in bytes.
 */

/** Long, so that a slow machine floods it too. */
const KEEP_MS = 8000
const config = memoryLimiterConfig.parse({
  limit_mib: Number(process.argv[2]),
  spike_limit_mib: Number(process.argv[3]),
})
const limiter = new MemoryLimiterProcessor(config, createTestContext('processor', 'limiter'), {
  consume: async batch => {
    kept.add(batch)
    setTimeout(() => kept.delete(batch), KEEP_MS)
  },
})
const kept = new Set<LogBatch>()
await limiter.start()
let rssMax = 0
setInterval(() => {
  rssMax = Math.max(rssMax, process.memoryUsage.rss())
}, 20).unref()

const { signal } = new AbortController()
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(String(rssMax))
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { batch } = decodeLogs(Buffer.concat(chunks), { requestId: 'flood' })
    limiter.consume(batch, signal).then(
      () => response.end(),
      (error: unknown) => {
        const { retryable, retryAfterMs = 0 } = PipelineError.from(error)
        const headers = { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
        response.writeHead(retryable ? 503 : 400, headers).end()
      },
    )
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`)
})
