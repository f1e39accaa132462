/** For what does not listen to its deadline: this much later it is left behind. */
const GRACE_MS = 2000

/**
 * Runs `work` with a signal that aborts after `timeoutMs`. Resolves when the work is done, at the
 * latest shortly after the deadline; true when it was done before. Rejects as the work does.
 */
export async function withDeadline(
  timeoutMs: number,
  work: (deadline: AbortSignal) => Promise<void>,
  graceMs: number = GRACE_MS,
): Promise<boolean> {
  const deadline = new AbortController()
  let leave: (inTime: boolean) => void = () => undefined
  const left = new Promise<boolean>(resolve => {
    leave = resolve
  })
  // Not AbortSignal.timeout: its timer does not keep the process alive until the work is done.
  const timers = [
    setTimeout(() => deadline.abort(new Error(`not done within ${timeoutMs} ms`)), timeoutMs),
    setTimeout(() => leave(false), timeoutMs + graceMs),
  ]
  try {
    return await Promise.race([work(deadline.signal).then(() => !deadline.signal.aborted), left])
  } finally {
    timers.forEach(clearTimeout)
  }
}
