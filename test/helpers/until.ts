const PAUSE_MS = 5
/** Long, so that a busy machine fails no test; within ava's own limit, so that the reason is said. */
const WAIT_MS_MAX = 90_000

/** Waits until `condition` holds: tests wait for what they need, never for some time. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpMs = performance.now() + WAIT_MS_MAX
  while (!(await condition())) {
    if (performance.now() > giveUpMs) throw new Error(`never came true: ${String(condition)}`)
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
  }
}
