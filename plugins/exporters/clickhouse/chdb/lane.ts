import { abortError } from '../abort.ts'

/**
 * Runs jobs one after another. The embedded engine does the same inside a session, but each waiting
 * query would hold one of the few threads that file access needs, too.
 */
export class Lane {
  #tail: Promise<void> = Promise.resolve()

  /**
   * Runs `job` when all before it are done. Rejects at once when `signal` aborts: a job that waits
   * is never started then; one that runs goes on to its end, and the lane stays taken until then.
   */
  run<T>(job: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { promise, resolve, reject } = withResolvers<T>()
    const abort = (): void => reject(abortError())
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    this.#tail = this.#tail.then(async () => {
      if (signal.aborted) return
      try {
        resolve(await job())
      } catch (error) {
        reject(error)
      } finally {
        signal.removeEventListener('abort', abort)
      }
    })
    return promise
  }

  /** Resolves when every job so far has come to its end. */
  async idle(): Promise<void> {
    await this.#tail
  }
}

interface Resolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** `Promise.withResolvers`, which Node has from 22 on. */
function withResolvers<T>(): Resolvers<T> {
  let resolve: Resolvers<T>['resolve'] = () => {}
  let reject: Resolvers<T>['reject'] = () => {}
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
