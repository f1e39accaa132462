import { PipelineError } from '#core'
import type { LogFile } from './log-file.ts'
import { writeError } from './write-error.ts'

/** What may wait while a write is under way; a slow disk is then said to the sender. */
export const WAITING_BYTES_MAX = 64 * 1024 * 1024
const GROUP_BYTES_MAX = 8 * 1024 * 1024

interface Waiting {
  readonly bytes: Buffer
  readonly resolve: () => void
  readonly reject: (error: PipelineError) => void
}

export interface GroupWriterOptions {
  readonly path: string
  /** True: a write counts only once it is safe against power loss. */
  readonly syncEach: boolean
  /** Called after each group, with its failure if it has failed. */
  readonly onResult: (failure: PipelineError | undefined) => void
}

/**
 * Writes one group after the other: all that came while the last write was under way. Each message
 * is acknowledged when its group is written.
 */
export class GroupWriter {
  readonly #file: LogFile
  readonly #options: GroupWriterOptions
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0
  /** The work under way; each task waits for the one before. */
  #last: Promise<void> = Promise.resolve()
  #writing = false
  #unsynced = false
  #flushing = false

  constructor(file: LogFile, options: GroupWriterOptions) {
    this.#file = file
    this.#options = options
  }

  /** Resolves when the bytes are written. Rejects with a retryable PipelineError. */
  write(bytes: Buffer): Promise<void> {
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) {
      const message = `${this.#waitingBytes} bytes are waiting to be written to ${this.#options.path}, at most ${WAITING_BYTES_MAX} may`
      return Promise.reject(PipelineError.retryable(message, { reason: 'write_buffer_full' }))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject })
      this.#waitingBytes += bytes.length
      if (this.#writing) return
      this.#writing = true
      void this.#enqueue(() => this.#writeAll())
    })
  }

  /** Makes what was written safe against power loss, and looks whether the file is still there. */
  async flush(): Promise<void> {
    // One at a time: a stuck disk must not pile them up.
    if (this.#flushing) return
    this.#flushing = true
    await this.#enqueue(async () => {
      this.#flushing = false
      try {
        if (this.#unsynced) await this.#file.sync()
        this.#unsynced = false
        await this.#file.checkMoved()
      } catch (error) {
        await this.#file.close()
        this.#options.onResult(writeError(this.#options.path, error))
      }
    })
  }

  /** Writes what waits, syncs and closes. */
  async close(): Promise<void> {
    await this.flush()
    await this.#enqueue(() => this.#file.close())
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(task)
    return this.#last
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#writeGroup(this.#takeGroup())
    this.#writing = false
  }

  #takeGroup(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const { bytes: message } of this.#waiting) {
      if (count > 0 && bytes + message.length > GROUP_BYTES_MAX) break
      bytes += message.length
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    let failure: PipelineError | undefined
    try {
      await this.#file.append(group.map(({ bytes }) => bytes))
      this.#unsynced = true
      if (this.#options.syncEach) {
        await this.#file.sync()
        this.#unsynced = false
      }
    } catch (error) {
      failure = writeError(this.#options.path, error)
      await this.#file.close()
    }
    for (const { bytes, resolve, reject } of group) {
      this.#waitingBytes -= bytes.length
      if (failure === undefined) resolve()
      else reject(failure)
    }
    this.#options.onResult(failure)
  }
}
