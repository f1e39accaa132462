const PAUSE_MS_MIN = 5
/** Conditions that ask another process are not cheap. */
const PAUSE_MS_MAX = 50
/** Long, so that a busy machine fails no test; within ava's own limit, so that the reason is said. */
const WAIT_MS_MAX = 90_000

/** Waits until `condition` holds: tests wait for what they need, never for some time. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpMs = performance.now() + WAIT_MS_MAX
  for (let pauseMs = PAUSE_MS_MIN; !(await condition()); ) {
    if (performance.now() > giveUpMs) throw new Error(`never came true: ${String(condition)}`)
    await new Promise(resolve => setTimeout(resolve, pauseMs))
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)
  }
}
