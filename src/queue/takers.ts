/** Those who wait for the next value, served in the order they came. */
export class Takers<T> {
  // A set lets one that gives up leave from the middle.
  readonly #waiting = new Set<(value: T | undefined) => void>()

  get count(): number {
    return this.#waiting.size
  }

  /** Resolves with a value given later, or undefined when `signal` aborts or `end` is called. */
  async wait(signal: AbortSignal): Promise<T | undefined> {
    if (signal.aborted) return undefined
    return await new Promise(resolve => {
      const taker = (value: T | undefined): void => {
        signal.removeEventListener('abort', leave)
        this.#waiting.delete(taker)
        resolve(value)
      }
      const leave = (): void => taker(undefined)
      signal.addEventListener('abort', leave)
      this.#waiting.add(taker)
    })
  }

  /** True when somebody was waiting and has it now. */
  give(value: T): boolean {
    const [first] = this.#waiting
    first?.(value)
    return first !== undefined
  }

  /** Everybody goes away with nothing. */
  end(): void {
    for (const taker of this.#waiting) taker(undefined)
  }
}
