/** Memory to work in, lent for a while. */
export interface Scratch {
  /** At least as much as was asked for; what is in it is anything. */
  readonly bytes: Buffer
  /** MUST be called once, and the bytes not be used after it. */
  giveBack(): void
}

/** As many as producers pack at once; what is larger or more is left to the garbage collector. */
const KEPT_MAX = 5
const KEPT_BYTES_MAX = 4 * 1024 * 1024
const STEP_BYTES = 64 * 1024

const kept: Buffer[] = []

/**
 * A buffer that another batch has used before, when there is one: fresh memory of this size costs more
 * than what is written into it, and the collector is driven by how much of it is thrown away.
 */
export function lendScratch(bytes: number): Scratch {
  const index = kept.findIndex(({ length }) => length >= bytes)
  const [found] = index < 0 ? [] : kept.splice(index, 1)
  const buffer = found ?? Buffer.allocUnsafeSlow(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES)
  return { bytes: buffer, giveBack: () => keep(buffer) }
}

function keep(buffer: Buffer): void {
  if (buffer.length > KEPT_BYTES_MAX) return
  kept.push(buffer)
  // The smallest goes: it fits the fewest.
  if (kept.length > KEPT_MAX) {
    kept.sort((a, b) => a.length - b.length)
    kept.shift()
  }
}
