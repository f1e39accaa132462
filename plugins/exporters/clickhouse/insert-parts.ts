import { PipelineError, type RefusedPart } from '#core'
import { isTooManyPartitions } from './errors.ts'
import { halve, type InsertPart } from './split-batch.ts'

/**
 * Inserts that looking for the refused records of one batch may cost. One bad record in a million
 * takes 40; what is still refused when they are used up is rejected whole.
 */
export const SEARCH_INSERTS_MAX = 128
/**
 * When so many inserts in a row were refused and none was accepted, it is not a matter of single
 * records: looking further would only multiply the load.
 */
export const HOPELESS_INSERTS = 16

/** One INSERT; rejects with PipelineError. */
export type Insert = (part: InsertPart) => Promise<void>

/**
 * Inserts all parts and finds the records that the engine refuses: a refused part is halved, by
 * position, until it goes in or is a single record. Larger parts come before smaller ones.
 *
 * `halved` holds the parts that were refused before, by identity, and is added to: a repetition goes
 * on with their halves, which keeps the identities they had, whatever has become of the table.
 *
 * Throws a permanent error with all that was `rejected` at the end, a retryable one with what is
 * `pending` as soon as there is trouble that may pass.
 */
export async function insertParts(
  parts: readonly InsertPart[],
  insert: Insert,
  halved: Set<string>,
): Promise<void> {
  const search = new Search(parts, insert, halved)
  await search.run()
}

class Search {
  readonly #work: InsertPart[]
  readonly #insert: Insert
  readonly #halved: Set<string>
  readonly #recordCount: number
  readonly #rejected: RefusedPart[] = []
  #inserts = 0
  #accepted = 0
  #hasHalved = false

  constructor(parts: readonly InsertPart[], insert: Insert, halved: Set<string>) {
    this.#work = [...parts]
    this.#insert = insert
    this.#halved = halved
    this.#recordCount = recordsIn(parts.map(({ batch }) => batch))
  }

  async run(): Promise<void> {
    for (let part = this.#work.shift(); part !== undefined; part = this.#work.shift()) {
      if (this.#halved.has(part.origin)) this.#halve(part)
      else await this.#tryInsert(part)
    }
    if (this.#rejected.length > 0) throw this.#verdict()
  }

  async #tryInsert(part: InsertPart): Promise<void> {
    try {
      this.#inserts++
      await this.#insert(part)
      this.#accepted++
    } catch (thrown) {
      const error = PipelineError.from(thrown)
      if (error.retryable) throw this.#interrupted(part, error)
      const isWorthIt = isTooManyPartitions(error) || this.#maySearch()
      if (part.batch.count > 1 && isWorthIt) this.#halve(part)
      else this.#rejected.push({ records: part.batch, origin: part.origin, error })
    }
  }

  #halve(part: InsertPart): void {
    this.#hasHalved = true
    this.#halved.add(part.origin)
    this.#work.push(...halve(part))
  }

  /** Is there room for two more inserts beside those that are planned, and hope in them? */
  #maySearch(): boolean {
    if (this.#accepted === 0 && this.#inserts >= HOPELESS_INSERTS) return false
    return this.#inserts + this.#work.length + 2 <= SEARCH_INSERTS_MAX
  }

  #interrupted(part: InsertPart, error: PipelineError): PipelineError {
    const rest = [part, ...this.#work].map(({ batch, origin }) => ({
      records: batch,
      origin,
      error,
    }))
    const pending = [...this.#rejected, ...rest]
    const isWhole = recordsIn(pending.map(({ records }) => records)) === this.#recordCount
    // Halves have identities that must be kept; the parts of a plain repetition are the same again.
    if (isWhole && !this.#hasHalved) return error
    const { message, code, reason, retryAfterMs } = error
    return PipelineError.retryable(message, {
      code,
      reason,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      pending,
      cause: error,
    })
  }

  #verdict(): PipelineError {
    const [first] = this.#rejected
    const { error } = first!
    const count = recordsIn(this.#rejected.map(({ records }) => records))
    if (this.#rejected.length === 1 && count === this.#recordCount) return error
    const { message, code, reason } = error
    return PipelineError.permanent(
      `${count} of ${this.#recordCount} records were refused, the first: ${message}`,
      { code, reason, rejected: { count, parts: this.#rejected }, cause: error },
    )
  }
}

function recordsIn(batches: readonly { readonly count: number }[]): number {
  return batches.reduce((sum, { count }) => sum + count, 0)
}
