/** Time, injected so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds that never jump back; only differences mean anything. */
  now(): number
  /** Calls `run` once after `ms` milliseconds, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void
}

/** Node fires timers beyond this at once. */
const TIMER_MS_MAX = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(ms, TIMER_MS_MAX))
    return (): void => clearTimeout(timer)
  },
}

/** Resolves true after `ms` milliseconds, false as soon as one of `signals` aborts. */
export async function sleep(
  clock: Clock,
  ms: number,
  ...signals: readonly AbortSignal[]
): Promise<boolean> {
  if (signals.some(signal => signal.aborted)) return false
  return await new Promise(resolve => {
    const finish = (slept: boolean): void => {
      cancel()
      for (const signal of signals) signal.removeEventListener('abort', wake)
      resolve(slept)
    }
    const wake = (): void => finish(false)
    const cancel = clock.after(ms, () => finish(true))
    for (const signal of signals) signal.addEventListener('abort', wake)
  })
}
