/** Longer values are cut in labels. */
const LABEL_CHARS_MAX = 64
const OTHER = 'other'

/**
 * Values of the key as labels of metrics: the first `max` have their own, all others are `other`,
 * so that whoever invents values does not fill the memory of those who scrape.
 */
export class KeyLabels {
  readonly #max: number
  readonly #known = new Map<string, string>()

  constructor(max: number) {
    this.#max = max
  }

  of(key: string): string {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size >= this.#max) return OTHER
    const label = key.length > LABEL_CHARS_MAX ? `${key.slice(0, LABEL_CHARS_MAX)}...` : key
    this.#known.set(key, label)
    return label
  }
}
