import { orAborted } from './abort.ts'
import type { PluginContext } from './component.ts'
import { PipelineError } from './pipeline-error.ts'

/** `start` waits no longer than this: a server that is down must not hold up the service. */
const START_WAIT_MS = 5000
/** One attempt: the first one may create databases on a cluster. */
const ATTEMPT_TIMEOUT_MS = 60_000
const RETRY_MS_MIN = 500
const RETRY_MS_MAX = 30_000

/** A fault that no retry mends: a person has to change the destination or the config. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError'
}

export interface ReadinessOptions<T> {
  readonly context: PluginContext
  readonly prepare: (signal: AbortSignal) => Promise<T>
  /** Makes a verdict of what `prepare` threw. */
  readonly explain: (error: unknown) => PipelineError
}

/**
 * Something that has to be prepared before use and may fail for as long as a server is down: tried
 * in the background with growing pauses until it is there, and again when it is lost.
 */
export class Readiness<T> {
  readonly #options: ReadinessOptions<T>
  readonly #stopped = new AbortController()
  #value: { readonly ready: T } | undefined
  #attempt: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #error: PipelineError | undefined

  constructor(options: ReadinessOptions<T>) {
    this.#options = options
  }

  /** Begins; waits a few seconds for the first attempt, so that "started" usually means ready. */
  async start(): Promise<void> {
    await orAborted(this.#try(), AbortSignal.timeout(START_WAIT_MS)).catch(() => {})
  }

  /** The prepared value. Waits for an attempt under way; rejects retryably when there is none. */
  async value(signal: AbortSignal): Promise<T> {
    if (this.#value === undefined && this.#attempt !== undefined) {
      await orAborted(this.#attempt, signal)
    }
    const value = this.#value
    if (value !== undefined) return value.ready
    const why = this.#error?.message ?? 'it has not been started'
    throw PipelineError.retryable(`not ready: ${why}`, { reason: 'not_ready', cause: this.#error })
  }

  /** What was prepared is gone: prepare again. */
  again(error: PipelineError): void {
    if (this.#value === undefined) return
    this.#value = undefined
    this.#failed(error)
  }

  stop(): void {
    this.#stopped.abort()
    clearTimeout(this.#timer)
    this.#value = undefined
    this.#error = PipelineError.retryable('it has been stopped')
  }

  #try(): Promise<void> {
    this.#attempt ??= this.#prepare().finally(() => {
      this.#attempt = undefined
    })
    return this.#attempt
  }

  async #prepare(): Promise<void> {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)])
    try {
      const ready = await this.#options.prepare(signal)
      if (this.#stopped.signal.aborted) return
      this.#value = { ready }
      if (this.#failures > 0) this.#options.context.logger.info('ready after all')
      this.#failures = 0
      this.#options.context.reportStatus('ok')
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#failed(error)
    }
  }

  #failed(thrown: unknown): void {
    const { context, explain } = this.#options
    const isPermanent = thrown instanceof SchemaError
    const error = isPermanent
      ? PipelineError.retryable(thrown.message, { code: 'failed_precondition', cause: thrown })
      : explain(thrown)
    const pauseMs = Math.min(RETRY_MS_MIN * 2 ** this.#failures, RETRY_MS_MAX)
    // One line for each new reason; the pause grows, so repetitions stay rare.
    if (this.#error?.message !== error.message || this.#failures === 0) {
      const fields = { reason: error.message, retryInMs: pauseMs }
      context.logger.warn(fields, 'not ready: batches have to wait')
    }
    this.#failures++
    this.#error = error
    context.reportStatus(isPermanent ? 'permanent_error' : 'recoverable_error', error.message)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#try(), pauseMs).unref()
  }
}
