/** Longer values are cut in labels. */
const LABEL_CHARS_MAX = 64
const OTHER = 'other'

/** The labels that each processor has used, for as long as the metrics that hold their series. */
const used = new WeakMap<object, Map<string, Map<string, string>>>()

/**
 * Values of the key as labels of metrics: the first `max` have their own, all others are `other`,
 * so that whoever invents values does not fill the memory of those who scrape. Another processor of
 * the same name, after a reload, goes on with the same labels.
 */
export class KeyLabels {
  readonly #max: number
  readonly #known: Map<string, string>

  constructor(max: number, metrics: object, processor: string) {
    this.#max = max
    const ofMetrics = used.get(metrics) ?? new Map<string, Map<string, string>>()
    used.set(metrics, ofMetrics)
    this.#known = ofMetrics.get(processor) ?? new Map<string, string>()
    ofMetrics.set(processor, this.#known)
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
