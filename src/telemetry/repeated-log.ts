import type { Logger } from 'pino'

type Level = 'debug' | 'info' | 'warn' | 'error'

interface Repeats {
  readonly level: Level
  readonly message: string
  fields: object
  count: number
  readonly timer: NodeJS.Timeout
}

/** Beyond this many different lines at once the oldest is closed early: memory stays bounded. */
const KEYS_MAX = 256

/**
 * For lines that a flood would repeat: the first is logged at once; what follows with the same key
 * is counted, and at the end of the window logged as one line with the newest fields, `repeated`
 * and the length of the window.
 */
export class RepeatedLog {
  readonly #logger: Logger
  readonly #windowMs: number
  readonly #open = new Map<string, Repeats>()

  constructor(logger: Logger, windowMs = 10_000) {
    this.#logger = logger
    this.#windowMs = windowMs
  }

  /** `key` names the line; it MUST come from a small set, such as an error code. */
  log(level: Level, key: string, fields: object, message: string): void {
    const repeats = this.#open.get(key)
    if (repeats !== undefined) {
      repeats.fields = fields
      repeats.count++
      return
    }
    this.#logger[level](fields, message)
    if (this.#open.size >= KEYS_MAX) this.#close(this.#open.keys().next().value!)
    const timer = setTimeout(() => this.#close(key), this.#windowMs)
    timer.unref()
    this.#open.set(key, { level, message, fields, count: 0, timer })
  }

  /** Logs what has been counted so far; call it in `stop`. */
  flush(): void {
    for (const key of this.#open.keys()) this.#close(key)
  }

  #close(key: string): void {
    const repeats = this.#open.get(key)
    if (repeats === undefined) return
    clearTimeout(repeats.timer)
    this.#open.delete(key)
    if (repeats.count === 0) return
    this.#logger[repeats.level](
      { ...repeats.fields, repeated: repeats.count },
      `${repeats.message} (${repeats.count} more within ${this.#windowMs / 1000}s)`,
    )
  }
}
