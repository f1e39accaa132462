import type { IncomingMessage } from 'node:http'
import { PipelineError } from '../plugin/pipeline-error.ts'
import type { Lease } from './fair-budget.ts'

/** Memory is taken in steps of at least this much, as bytes arrive: a header is only a claim. */
const STEP_BYTES = 1024 * 1024
const FIRST_BYTES = 64 * 1024

/**
 * Reads the whole body, at most `bytesMax` of it; what it holds is taken from `lease`. After a
 * rejection the request is paused, and the rest of its body is still to come.
 * @throws PipelineError: `resource_exhausted` permanent when too large, retryable when the budget is
 * used up; `cancelled` when the client went away.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  lease: Lease,
): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? -1)
  if (declared > bytesMax) return Promise.reject(tooLarge(`${declared} bytes`, bytesMax))
  const body = new GrowingBody(declared, bytesMax, lease)
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      lease.arrived()
      request.off('data', add).off('end', end).off('error', broken)
    }
    const fail = (error: PipelineError): void => {
      settle()
      request.pause()
      reject(error)
    }
    const add = (chunk: Buffer): void => {
      try {
        body.add(chunk)
      } catch (thrown) {
        fail(PipelineError.from(thrown))
      }
    }
    const end = (): void => {
      settle()
      resolve(body.finish())
    }
    const broken = (cause: Error): void =>
      fail(PipelineError.retryable('the client went away', { code: 'cancelled', cause }))
    lease.arriving(fail)
    request.on('data', add).on('end', end).on('error', broken)
  })
}

/** The error for a body over the limit. */
export function tooLarge(size: string, bytesMax: number): PipelineError {
  return PipelineError.permanent(`request body is ${size}, the limit is ${bytesMax} bytes`, {
    code: 'resource_exhausted',
    reason: 'request_too_large',
  })
}

/** Collects chunks in one buffer; a body of a single chunk is not copied at all. */
class GrowingBody {
  readonly #declared: number
  readonly #bytesMax: number
  readonly #lease: Lease
  #bytes: Buffer | undefined
  #size = 0
  #isChunk = false

  constructor(declared: number, bytesMax: number, lease: Lease) {
    this.#declared = declared
    this.#bytesMax = bytesMax
    this.#lease = lease
  }

  add(chunk: Buffer): void {
    const size = this.#size + chunk.length
    if (size > this.#bytesMax) throw tooLarge(`over ${this.#bytesMax} bytes`, this.#bytesMax)
    if (this.#bytes === undefined) {
      this.#lease.take(chunk.length)
      this.#bytes = chunk
      this.#isChunk = true
    } else {
      if (this.#isChunk || size > this.#bytes.length) this.#grow(this.#bytes, size)
      this.#bytes.set(chunk, this.#size)
    }
    this.#size = size
  }

  finish(): Buffer {
    if (this.#bytes === undefined) return Buffer.alloc(0)
    return this.#size === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#size)
  }

  #grow(old: Buffer, size: number): void {
    const steps = Math.max(size, this.#size * 2)
    const capacity =
      this.#declared >= size
        ? Math.min(this.#declared, Math.max(steps, STEP_BYTES))
        : Math.min(this.#bytesMax, Math.max(steps, FIRST_BYTES))
    this.#lease.take(capacity - old.length)
    const larger = Buffer.allocUnsafeSlow(capacity)
    larger.set(this.#isChunk ? old : old.subarray(0, this.#size))
    this.#bytes = larger
    this.#isChunk = false
  }
}
