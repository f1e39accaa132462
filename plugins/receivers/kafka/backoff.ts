import { abortError } from '#core'

/** Waits that grow: the keys of `error_backoff`, in milliseconds. */
export interface Pauses {
  readonly initial_interval: number
  readonly max_interval: number
  readonly multiplier: number
  readonly randomization_factor: number
}

/** How long to wait after `failures` failures before this one, at least `leastMs`. */
export function pauseMs(
  pauses: Pauses,
  failures: number,
  leastMs = 0,
  random: () => number = Math.random,
): number {
  const { initial_interval: first, max_interval: max, multiplier, randomization_factor } = pauses
  const grown = Math.min(first * multiplier ** failures, max)
  const spread = 1 + randomization_factor * (2 * random() - 1)
  return Math.max(leastMs, Math.round(grown * spread))
}

/** Waits. @throws PipelineError as soon as the signal aborts. */
export async function pause(
  pauses: Pauses,
  failures: number,
  leastMs: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) throw abortError(signal)
  await new Promise<void>((resolve, reject) => {
    const end = (): void => {
      signal.removeEventListener('abort', abort)
      clearTimeout(timer)
    }
    const timer = setTimeout(
      () => {
        end()
        resolve()
      },
      pauseMs(pauses, failures, leastMs),
    )
    const abort = (): void => {
      end()
      reject(abortError(signal))
    }
    signal.addEventListener('abort', abort)
  })
}
