import type { EncodeScratch } from './encode-block.ts'

/** Memory that idle buffers may keep, all together. */
const POOL_BYTES_MAX = 64 * 1024 * 1024
const BLOCK_BYTES_MIN = 1024 * 1024

/**
 * Buffers for blocks, used again after their insert: fresh memory costs more to touch for the first
 * time than the encoding does.
 */
export class ScratchPool {
  readonly #free: EncodeScratch[] = []
  #freeBytes = 0

  take(): EncodeScratch {
    const scratch = this.#free.pop()
    if (scratch === undefined) {
      return {
        block: Buffer.allocUnsafeSlow(BLOCK_BYTES_MIN),
        values: Buffer.allocUnsafeSlow(BLOCK_BYTES_MIN / 4),
      }
    }
    this.#freeBytes -= sizeOf(scratch)
    return scratch
  }

  /** Takes a buffer back. Nothing may read it any more: one whose insert was given up is not safe. */
  release(scratch: EncodeScratch): void {
    if (this.#freeBytes + sizeOf(scratch) > POOL_BYTES_MAX) return
    this.#freeBytes += sizeOf(scratch)
    this.#free.push(scratch)
  }
}

function sizeOf(scratch: EncodeScratch): number {
  return scratch.block.length + scratch.values.length
}
