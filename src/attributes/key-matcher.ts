import type { Pattern } from './pattern.ts'

/** Keys come from a small set; a flood of new ones must not grow the memory. */
const KEYS_MAX = 4096
const KEY_CHARS_MAX = 256

/** Says whether a key matches a pattern, and remembers it: the same keys come in every record. */
export class KeyMatcher {
  readonly #pattern: Pattern
  readonly #known = new Map<string, boolean>()

  constructor(pattern: Pattern) {
    this.#pattern = pattern
  }

  matches(key: string): boolean {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const matches = this.#pattern.test(key)
    if (key.length <= KEY_CHARS_MAX) {
      if (this.#known.size >= KEYS_MAX) this.#known.clear()
      this.#known.set(key, matches)
    }
    return matches
  }
}
