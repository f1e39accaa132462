/** What is sent at once; a row that is larger gets a chunk of its own size. */
export const CHUNK_BYTES = 512 * 1024
/** Memory that idle chunks may keep, all together. */
const POOL_BYTES_MAX = 64 * 1024 * 1024

/**
 * Buffers for rows, used again after their COPY: fresh memory costs more to touch for the first time
 * than the encoding does.
 */
export class ChunkPool {
  readonly #free: Buffer[] = []

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES)
  }

  /** Takes chunks back. Nothing may read them any more: those of a COPY that failed are not safe. */
  release(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      if (chunk.length !== CHUNK_BYTES) continue
      if ((this.#free.length + 1) * CHUNK_BYTES > POOL_BYTES_MAX) return
      this.#free.push(chunk)
    }
  }
}
