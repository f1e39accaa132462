import type { EventEmitter } from 'node:events'
import type { Logger } from 'pino'

/**
 * Ctrl-C reaches the whole process group, and npm passes it on to us once more: what comes this
 * soon after the first is the same key press.
 */
const SAME_KEY_PRESS_MS = 400

export interface SignalOptions {
  /** `process`, or a stand-in. */
  readonly source: Pick<EventEmitter, 'on' | 'off'>
  readonly logger: Logger
  readonly shutdownTimeoutMs: number
  /** Called once, for the first SIGTERM or SIGINT. */
  readonly stop: () => void
  /** Called for the second: MUST end the process. */
  readonly abandon: () => void
  /** Called for every SIGHUP. */
  readonly reload: () => void
  readonly now?: () => number
}

/**
 * SIGTERM and SIGINT drain; a second one ends the process at once. SIGHUP reads the config again.
 * Gives the function that stops listening.
 */
export function handleSignals(options: SignalOptions): () => void {
  const { source, logger, shutdownTimeoutMs, stop, abandon, reload, now = Date.now } = options
  let first: { signal: string; atMs: number } | undefined
  const onStop = (signal: string): void => {
    if (first === undefined) {
      first = { signal, atMs: now() }
      const seconds = shutdownTimeoutMs / 1000
      logger.info(
        `${signal}: finishing what was accepted, for at most ${seconds}s; send it again to stop at once`,
      )
      stop()
    } else if (signal !== 'SIGINT' || now() - first.atMs >= SAME_KEY_PRESS_MS) {
      logger.warn(`${signal} after ${first.signal}: stopping at once`)
      abandon()
    }
  }
  const onHangup = (): void => reload()
  source.on('SIGTERM', onStop).on('SIGINT', onStop).on('SIGHUP', onHangup)
  return () => void source.off('SIGTERM', onStop).off('SIGINT', onStop).off('SIGHUP', onHangup)
}
