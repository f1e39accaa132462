import type { Logger } from 'pino'
import { encodeLogs } from '../otlp/encode-logs.ts'
import { orAborted } from '../plugin/abort.ts'
import type { Component } from '../plugin/component.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import { deleteDone, makeDirectory, repairCrashed, usedBytes } from './directory.ts'
import { ENTRY_OVERHEAD, encodeEntry, encodePayload } from './entry-format.ts'
import type { DeadLetter, DeadLetterDestination } from './letter.ts'
import { LetterFile } from './letter-file.ts'
import { metadataOf } from './metadata.ts'
import { storageError } from './storage-error.ts'

export interface DeadLetterStoreOptions {
  readonly directory: string
  /** For the whole directory, other processes' files included. */
  readonly sizeBytesMax: number
  readonly logger: Logger
  /** A new file is begun when the current one is this large; 64 MiB unless told. */
  readonly fileBytesMax?: number
  /** Bytes that may wait while the disk is busy; 64 MiB unless told. */
  readonly waitingBytesMax?: number
}

const MEBIBYTE = 1024 * 1024
const FILE_BYTES_MAX = 64 * MEBIBYTE
const WAITING_BYTES_MAX = 64 * MEBIBYTE
/** What is written and synced at once. */
const GROUP_BYTES_MAX = 8 * MEBIBYTE
/** How old the knowledge of the directory's size may be. */
const LOOK_MS = 1000

interface Waiting {
  readonly payloads: readonly Buffer[]
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: PipelineError) => void
}

/**
 * Dead letters in a directory of append-only files. A letter is acknowledged after fdatasync; what
 * comes while the disk is busy is synced together. Nothing that was not replayed is ever deleted:
 * a full store refuses, retryably.
 */
export class DeadLetterStore implements DeadLetterDestination, Component {
  readonly name: string
  readonly #options: DeadLetterStoreOptions
  readonly #log: RepeatedLog
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0
  #writing: Promise<void> | undefined
  #file: LetterFile | undefined
  #usedBytes = 0
  #lookedAtMs = 0

  constructor(options: DeadLetterStoreOptions) {
    this.name = `directory ${options.directory}`
    this.#options = options
    this.#log = new RepeatedLog(options.logger)
  }

  /** Makes the directory and repairs what a crash has left. Rejects when it cannot be used. */
  async start(): Promise<void> {
    const { directory, logger } = this.#options
    try {
      await makeDirectory(directory)
      const { files, cutBytes } = await repairCrashed(directory)
      if (files > 0) {
        logger.info({ directory, files, cut_bytes: cutBytes }, 'dead letters of a crash recovered')
      }
      await this.#look()
    } catch (error) {
      throw new Error(`dead letters cannot be kept in ${directory}: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }

  async write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    const payloads = letters.map(letter => this.#payloadOf(letter))
    const bytes = payloads.reduce((sum, { length }) => sum + length + ENTRY_OVERHEAD, 0)
    const max = this.#options.waitingBytesMax ?? WAITING_BYTES_MAX
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > max) {
      throw PipelineError.retryable(
        `${this.#waitingBytes} bytes wait to be written to ${this.#options.directory}, at most ${max} may`,
        { reason: 'dead_letter_busy' },
      )
    }
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ payloads, bytes, resolve, reject })
      this.#waitingBytes += bytes
    })
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined
    })
    await orAborted(written, signal)
  }

  /** Finishes what is being written and closes the file. */
  async stop(): Promise<void> {
    await this.#writing
    await this.#close()
    this.#log.flush()
  }

  #payloadOf(letter: DeadLetter): Buffer {
    try {
      return encodePayload(metadataOf(letter), encodeLogs(letter.records))
    } catch (thrown) {
      throw storageError(this.#options.directory, thrown)
    }
  }

  async #writeAll(): Promise<void> {
    for (let group = this.#takeGroup(); group.length > 0; group = this.#takeGroup()) {
      const failure = await this.#writeGroup(group)
      for (const { bytes, resolve, reject } of group) {
        this.#waitingBytes -= bytes
        if (failure === undefined) resolve()
        else reject(failure)
      }
    }
  }

  #takeGroup(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const waiting of this.#waiting) {
      if (count > 0 && bytes + waiting.bytes > GROUP_BYTES_MAX) break
      bytes += waiting.bytes
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #writeGroup(group: readonly Waiting[]): Promise<PipelineError | undefined> {
    const { directory } = this.#options
    try {
      const file = await this.#fileFor(group.reduce((sum, { bytes }) => sum + bytes, 0))
      const entries = group.flatMap(({ payloads }) =>
        payloads.map(payload => encodeEntry(file.header, payload)),
      )
      const bytes = Buffer.concat(entries)
      await this.#makeRoom(bytes.length)
      await file.append(bytes)
      this.#usedBytes += bytes.length
      return undefined
    } catch (thrown) {
      // Whatever state the file is in now, the next letter gets a new one.
      if (!(thrown instanceof PipelineError)) await this.#close()
      return storageError(directory, thrown)
    }
  }

  async #fileFor(bytes: number): Promise<LetterFile> {
    const { directory, fileBytesMax = FILE_BYTES_MAX } = this.#options
    const isFull = this.#file !== undefined && this.#file.size + bytes > fileBytesMax
    if (isFull && this.#file!.size > this.#file!.header.length) await this.#close()
    if (this.#file === undefined) {
      // Somebody may have moved the directory away.
      await makeDirectory(directory)
      this.#file = await LetterFile.create(directory)
      this.#usedBytes += this.#file.size
    }
    return this.#file
  }

  async #makeRoom(bytes: number): Promise<void> {
    const { directory, sizeBytesMax } = this.#options
    // Others write there, too: other exporters, other processes.
    if (performance.now() - this.#lookedAtMs > LOOK_MS) await this.#look()
    if (this.#usedBytes + bytes <= sizeBytesMax) return
    await deleteDone(directory)
    await this.#look()
    if (this.#usedBytes + bytes <= sizeBytesMax) return
    const fields = { directory, used_bytes: this.#usedBytes, max_bytes: sizeBytesMax, bytes }
    this.#log.log(
      'error',
      'full',
      fields,
      'no room for dead letters, so batches wait and senders will be refused: replay what is there (parsec dead-letter replay), raise service::dead_letter::max_size, or move files away',
    )
    throw PipelineError.retryable(
      `${directory} is full: ${this.#usedBytes} of ${sizeBytesMax} bytes are used, ${bytes} more are needed`,
      { code: 'resource_exhausted', reason: 'dead_letter_full' },
    )
  }

  async #look(): Promise<void> {
    this.#usedBytes = await usedBytes(this.#options.directory)
    this.#lookedAtMs = performance.now()
  }

  /** What cannot be closed is left to the next start, which repairs it. */
  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close().catch((err: unknown) => {
      this.#options.logger.warn({ err }, 'a file of dead letters could not be closed')
    })
  }
}
