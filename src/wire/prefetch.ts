/** What the processor fetches at once. */
const LINE_BYTES = 64

/** What the loads gave: without any use the compiler may leave them out. */
let seen = 0

/**
 * Reads a byte of every cache line of `bytes[from..to]`, so that the lines come in side by side.
 * Whoever hops from length to length waits for one line after the other instead, which takes
 * several times as long. The range should be small against the first-level cache.
 */
export function prefetch(bytes: Uint8Array, from: number, to: number): void {
  let sum = 0
  for (let at = from; at < to; at += LINE_BYTES) sum ^= bytes[at]!
  seen ^= sum
}
