import { readFile, stat } from 'node:fs/promises'
import type { Logger } from 'pino'

/** Credentials are short; this is a mistaken path. */
const FILE_BYTES_MAX = 4 * 1024 ** 2
const READ_TIMEOUT_MS = 10_000

export interface ReloadedFileOptions {
  readonly path: string
  /** Where the path is configured, for errors: `extensions::api_key::file`. */
  readonly key: string
  /** 0 = read once. */
  readonly intervalMs: number
  readonly logger: Logger
  /** Uses a text. MUST throw, and change nothing, when it cannot be used. */
  readonly apply: (text: string) => void
}

/**
 * A file that is read when it is started and again and again afterwards, by its content: a secret
 * that Kubernetes mounts is a link that is turned to another file. A text that cannot be used leaves
 * the last good one in place, with a warning.
 */
export class ReloadedFile {
  readonly #options: ReloadedFileOptions
  #text: string | undefined
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<void> | undefined

  constructor(options: ReloadedFileOptions) {
    this.#options = options
  }

  /** @throws an Error that names key and path when the file cannot be used. */
  async start(): Promise<void> {
    const { key, path, intervalMs } = this.#options
    try {
      await this.#load()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`${key}: ${path}: ${reason}`, { cause })
    }
    if (intervalMs === 0) return
    this.#timer = setInterval(() => void this.reload(), intervalMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Reads the file now; resolves when that is done. Never rejects. */
  async reload(): Promise<void> {
    this.#reading ??= this.#load()
      .catch((err: unknown) => {
        const { path, logger } = this.#options
        logger.warn({ err, path }, 'the file cannot be used; what it said before stays in use')
      })
      .finally(() => (this.#reading = undefined))
    await this.#reading
  }

  async #load(): Promise<void> {
    const { path, apply } = this.#options
    const { size } = await stat(path)
    if (size > FILE_BYTES_MAX)
      throw new Error(`has ${size} bytes, at most ${FILE_BYTES_MAX} are read`)
    const signal = AbortSignal.timeout(READ_TIMEOUT_MS)
    const text = await readFile(path, { encoding: 'utf8', signal })
    if (text === this.#text) return
    apply(text)
    this.#text = text
  }
}
