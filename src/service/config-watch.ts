import { stat } from 'node:fs/promises'
import type { Logger } from 'pino'

/** So often the files are looked at. */
const INTERVAL_MS = 1000

export interface ConfigWatchOptions {
  /** Asked each time: a new config may have been read from other files. */
  readonly files: () => readonly string[]
  /** Called when a file was changed, added, replaced or removed, and has then stayed the same. */
  readonly onChange: () => void
  readonly logger: Logger
  readonly intervalMs?: number
}

/**
 * Looks at the config files every second. Reading the status of a path works where events do not:
 * editors that write a new file and rename it, symbolic links that are switched as Kubernetes does
 * for a ConfigMap, file systems of other machines. A change counts once the files have not moved for
 * one interval, so that a file half written is not read.
 */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions
  #timer: NodeJS.Timeout | undefined
  /** The state that was last told, and the one that was last seen. */
  #told = ''
  #seen = ''
  #isStopped = false

  constructor(options: ConfigWatchOptions) {
    this.#options = options
  }

  /** What the files are now counts as known: call it when they have just been read. */
  async start(): Promise<void> {
    this.#told = this.#seen = await this.#look()
    this.#wait()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #wait(): void {
    if (this.#isStopped) return
    const { intervalMs = INTERVAL_MS, logger } = this.#options
    this.#timer = setTimeout(() => {
      this.#check()
        .catch((err: unknown) => logger.error({ err }, 'cannot look at the config files'))
        .finally(() => this.#wait())
    }, intervalMs)
    this.#timer.unref()
  }

  async #check(): Promise<void> {
    const now = await this.#look()
    const isSettled = now === this.#seen
    this.#seen = now
    if (!isSettled || now === this.#told || this.#isStopped) return
    this.#told = now
    this.#options.onChange()
  }

  async #look(): Promise<string> {
    const states = await Promise.all(this.#options.files().map(stateOf))
    return states.join('\n')
  }
}

/** Differs when the content may differ. */
async function stateOf(path: string): Promise<string> {
  const state = await stat(path, { bigint: true }).catch(() => undefined)
  if (state === undefined) return `${path} missing`
  const { dev, ino, size, mtimeNs, ctimeNs } = state
  return [path, dev, ino, size, mtimeNs, ctimeNs].join(' ')
}
