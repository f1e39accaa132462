/** What a wait that was given up rejects with. */
export function abortError(): Error {
  const error = new Error('the wait was given up')
  error.name = 'AbortError'
  return error
}

/** Waits for `promise`, but rejects when `signal` aborts first. */
export async function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort: () => void = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(abortError())
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
