import type { LogCursor } from '../batch/log-cursor.ts'
import { COMPARISONS, type Comparison, compareValues } from './compare-values.ts'
import { Operands } from './operands.ts'
import { OttlError } from './ottl-error.ts'
import { TokenList } from './token-list.ts'

/** A condition on one log record. */
export interface Condition {
  /** As it was written. */
  readonly source: string
  /** Does it hold for the record that the cursor is at? */
  matches(row: LogCursor): boolean
}

type Predicate = Condition['matches']

/** Brackets within brackets; each is a call while parsing and while matching. */
const DEPTH_MAX = 100
const CHARS_MAX = 16_384

/**
 * Compiles a condition as the Collector's filter processor takes them for log records. A part of
 * OTTL, and what is taken means what it means there: comparisons of paths and literals,
 * `IsMatch(target, "pattern")`, `not`, `and`, `or`, brackets. Throws OttlError.
 */
export function compileCondition(source: string): Condition {
  if (source.length > CHARS_MAX) {
    throw new OttlError(CHARS_MAX, `a condition has at most ${CHARS_MAX} characters`)
  }
  const tokens = new TokenList(source)
  const matches = new Parser(tokens).either()
  if (tokens.next.kind !== 'end') throw tokens.unexpected('and, or, or the end')
  return { source, matches }
}

class Parser {
  readonly #tokens: TokenList
  readonly #operands: Operands
  #depth = 0

  constructor(tokens: TokenList) {
    this.#tokens = tokens
    this.#operands = new Operands(tokens)
  }

  either(): Predicate {
    const parts = [this.#all()]
    while (this.#tokens.takes('or')) parts.push(this.#all())
    return parts.length === 1 ? parts[0]! : row => parts.some(part => part(row))
  }

  #all(): Predicate {
    const parts = [this.#one()]
    while (this.#tokens.takes('and')) parts.push(this.#one())
    return parts.length === 1 ? parts[0]! : row => parts.every(part => part(row))
  }

  #one(): Predicate {
    if (!this.#tokens.takes('not')) return this.#positive()
    const negated = this.#positive()
    return row => !negated(row)
  }

  #positive(): Predicate {
    const { next } = this.#tokens
    if (this.#tokens.takes('(')) {
      if (++this.#depth > DEPTH_MAX) throw new OttlError(next.at, `over ${DEPTH_MAX} brackets deep`)
      const inner = this.either()
      this.#tokens.expect(')')
      this.#depth--
      return inner
    }
    const left = this.#operands.read()
    const comparison = this.#comparison()
    if (comparison !== undefined) {
      const right = this.#operands.read()
      return row => compareValues(left.get(row), comparison, right.get(row))
    }
    if (left.isBoolean) return row => left.get(row) === true
    throw this.#tokens.unexpected(`one of ${COMPARISONS.join(' ')}`)
  }

  #comparison(): Comparison | undefined {
    return COMPARISONS.find(sign => this.#tokens.takes(sign))
  }
}
