import { type Clock, sleep } from '../plugin/clock.ts'
import { DISK_RETRY_MS } from './disk-error.ts'

/**
 * Does `work` again, a second later each time, while it fails; undefined when `closing` aborts
 * before it has succeeded.
 */
export async function untilClosed<T>(
  work: () => Promise<T>,
  clock: Clock,
  closing: AbortSignal,
  onError: (error: unknown) => void,
): Promise<T | undefined> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      onError(error)
      if (!(await sleep(clock, DISK_RETRY_MS, closing))) return undefined
    }
  }
}
