import type { Clock } from '../plugin/clock.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'

const RETRY_AFTER_MS = 5000
/** After the disk has refused, how long nobody tries it again. */
export const DISK_RETRY_MS = 1000

/** Remembers that the disk has refused, so that it is not asked again for every batch. */
export class DiskRefusal {
  readonly #directory: string
  readonly #clock: Clock
  #error: PipelineError | undefined
  #untilMs = 0

  constructor(directory: string, clock: Clock) {
    this.#directory = directory
    this.#clock = clock
  }

  /** Gives what the sender hears, and everybody else for a while. */
  remember(thrown: unknown): PipelineError {
    this.#error = diskError(thrown, this.#directory)
    this.#untilMs = this.#clock.now() + DISK_RETRY_MS
    return this.#error
  }

  /** @throws PipelineError, retryable, while the disk is left alone. */
  assertOver(): void {
    if (this.#error !== undefined && this.#clock.now() < this.#untilMs) throw this.#error
  }
}

/** What a sender hears when the disk has not taken its batch; it may come again. */
export function diskError(thrown: unknown, directory: string): PipelineError {
  const { code } = thrown as NodeJS.ErrnoException
  const full = code === 'ENOSPC' || code === 'EDQUOT'
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return PipelineError.retryable(
    full
      ? `the disk under ${directory} is full: free some space, or lower queue_size`
      : `the disk under ${directory} refuses: ${message}`,
    {
      reason: full ? 'disk_full' : 'disk_error',
      retryAfterMs: RETRY_AFTER_MS,
      cause: thrown,
    },
  )
}

/** Why a queue could not be opened, with what a person can do about it. */
export function openError(thrown: unknown, directory: string): unknown {
  const { code, message } = thrown as NodeJS.ErrnoException
  // Without a code it is our own, and says what to do.
  if (code === undefined) return thrown
  const error = `the queue in ${directory} cannot be opened: ${message}`
  const advice = ADVICE[code] ?? 'it needs a directory that this user can read and write'
  return new Error(`${error}; ${advice}`, { cause: thrown })
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space on that disk',
  EDQUOT: 'free some space on that disk',
  EROFS: 'the file system is read-only: mount it for writing, or set another directory',
  EEXIST: 'there is a file of that name: remove it, or set another directory',
  ENOTDIR: 'a part of the path is a file: set another directory',
}
