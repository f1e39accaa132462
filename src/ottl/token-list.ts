import { OttlError } from './ottl-error.ts'
import { type Token, type TokenKind, tokensOf } from './tokens.ts'

/** The tokens of a condition, taken one after the other. */
export class TokenList {
  readonly #tokens: readonly Token[]
  #index = 0

  /** Throws OttlError. */
  constructor(text: string) {
    this.#tokens = tokensOf(text)
  }

  /** The one that is not taken yet; behind the last one, the end. */
  get next(): Token {
    return this.#tokens[this.#index]!
  }

  /** Takes the next one, whatever it is. */
  take(): Token {
    const token = this.next
    if (token.kind !== 'end') this.#index++
    return token
  }

  /** Takes the next one if it is this word or sign. */
  takes(text: string): boolean {
    const { next } = this
    const isIt = (next.kind === 'word' || next.kind === 'sign') && next.text === text
    if (isIt) this.take()
    return isIt
  }

  /** Takes a word or sign that must come. Throws OttlError. */
  expect(text: string): void {
    if (!this.takes(text)) throw this.unexpected(text)
  }

  /** Takes a token of a kind that must come. Throws OttlError, which says what was `wanted`. */
  takeKind(kind: TokenKind, wanted: string): Token {
    if (this.next.kind !== kind) throw this.unexpected(wanted)
    return this.take()
  }

  unexpected(wanted: string): OttlError {
    const { text, at } = this.next
    return new OttlError(at, `expected ${wanted}, not ${text || 'the end'}`)
  }
}
