/** Things that one at a time works with, the longest idle first; whoever finds none waits. */
export class LanePool<T> {
  readonly lanes: readonly T[]
  readonly #idle: T[]
  readonly #waiting: Waiting<T>[] = []
  #closed: Error | undefined

  constructor(lanes: readonly T[]) {
    this.lanes = lanes
    this.#idle = [...lanes]
  }

  /** Any, or just `lane`. Rejects with the reason of `close`. */
  async take(lane?: T): Promise<T> {
    if (this.#closed !== undefined) throw this.#closed
    const at = lane === undefined ? 0 : this.#idle.indexOf(lane)
    const [taken] = at < 0 ? [] : this.#idle.splice(at, 1)
    if (taken !== undefined) return taken
    return await new Promise((resolve, reject) => this.#waiting.push({ lane, resolve, reject }))
  }

  release(lane: T): void {
    const at = this.#waiting.findIndex(waiting => (waiting.lane ?? lane) === lane)
    const [next] = at < 0 ? [] : this.#waiting.splice(at, 1)
    if (next === undefined) this.#idle.push(lane)
    else next.resolve(lane)
  }

  close(reason: Error): void {
    this.#closed = reason
    for (const waiting of this.#waiting.splice(0)) waiting.reject(reason)
  }
}

interface Waiting<T> {
  readonly lane: T | undefined
  resolve(lane: T): void
  reject(reason: Error): void
}
