import { setMaxListeners } from 'node:events'
import { PipelineError } from './pipeline-error.ts'

/** A controller whose signal many waiters listen to at once, without Node's leak warning. */
export function sharedController(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}

/** Why a stage stopped waiting: the signal's own PipelineError, or `cancelled`, retryable. */
export function abortError(signal: AbortSignal): PipelineError {
  const reason: unknown = signal.reason
  if (reason instanceof PipelineError) return reason
  return PipelineError.retryable('cancelled before there was an outcome', {
    code: 'cancelled',
    cause: reason,
  })
}

/**
 * The outcome of `work`, or a rejection with `abortError` as soon as `signal` aborts. The work may
 * go on, but nobody waits for it and its late failure disturbs nobody.
 */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return await new Promise((resolve, reject) => {
    const abort = (): void => reject(abortError(signal))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
    const forget = (): void => signal.removeEventListener('abort', abort)
    work.then(
      value => {
        forget()
        resolve(value)
      },
      (error: unknown) => {
        forget()
        reject(error)
      },
    )
  })
}

/** Resolves with `work`, or as soon as `signal` aborts; `work` itself MUST NOT reject. */
export async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  let stop = (): void => {}
  const aborted = new Promise<void>(resolve => {
    stop = resolve
    signal.addEventListener('abort', stop, { once: true })
  })
  await Promise.race([work, aborted])
  signal.removeEventListener('abort', stop)
}
