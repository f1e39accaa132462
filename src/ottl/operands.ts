import type { AnyValue } from '../batch/any-value.ts'
import { isMatch } from './is-match.ts'
import { OttlError } from './ottl-error.ts'
import { type Getter, getterOf, type Key } from './paths.ts'
import { SEVERITY_ENUM } from './severity-enum.ts'
import type { TokenList } from './token-list.ts'
import { type Token, unquoted } from './tokens.ts'

/** One side of a comparison. */
export interface Operand {
  readonly get: Getter
  /** May it stand by itself? */
  readonly isBoolean: boolean
}

const CONSTANTS: ReadonlyMap<string, AnyValue> = new Map<string, AnyValue>([
  ['nil', undefined],
  ['true', true],
  ['false', false],
  ...SEVERITY_ENUM,
])
/** Words that are no path. */
const OPERATORS = ['and', 'or', 'not']
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** Reads literals, paths and functions. */
export class Operands {
  readonly #tokens: TokenList

  constructor(tokens: TokenList) {
    this.#tokens = tokens
  }

  /** Throws OttlError. */
  read(): Operand {
    const { next } = this.#tokens
    const isOperand = next.kind !== 'sign' && next.kind !== 'end' && !OPERATORS.includes(next.text)
    if (!isOperand)
      throw this.#tokens.unexpected('a path such as log.body, a literal or IsMatch(...)')
    const token = this.#tokens.take()
    if (token.kind === 'word' && !CONSTANTS.has(token.text)) return this.#named(token)
    const value = literal(token)
    return { get: () => value, isBoolean: typeof value === 'boolean' }
  }

  #named(first: Token): Operand {
    if (this.#tokens.takes('(')) return this.#call(first)
    if (/^[A-Z]/.test(first.text)) throw new OttlError(first.at, `${first.text} is not known`)
    let name = first.text
    while (this.#tokens.takes('.')) name += `.${this.#tokens.takeKind('word', 'a name').text}`
    const keys: Key[] = []
    while (this.#tokens.takes('[')) keys.push(this.#key())
    return { get: getterOf({ name, keys, at: first.at }), isBoolean: false }
  }

  #call({ text, at }: Token): Operand {
    if (text !== 'IsMatch') {
      throw new OttlError(at, `${text}() is not known here: of OTTL's functions there is IsMatch`)
    }
    const target = this.read()
    this.#tokens.expect(',')
    const pattern = this.#tokens.takeKind('string', 'a pattern in quotes')
    this.#tokens.expect(')')
    return { get: isMatch(target.get, unquoted(pattern), pattern.at), isBoolean: true }
  }

  #key(): Key {
    const { next } = this.#tokens
    const isNumber = next.kind === 'int'
    const token = isNumber
      ? this.#tokens.take()
      : this.#tokens.takeKind('string', 'a key in quotes, or a number')
    this.#tokens.expect(']')
    return isNumber ? Number(token.text) : unquoted(token)
  }
}

function literal(token: Token): AnyValue {
  switch (token.kind) {
    case 'string':
      return unquoted(token)
    case 'float':
      return Number(token.text)
    case 'int':
      return integer(token)
    case 'bytes':
      return bytes(token)
    default:
      return CONSTANTS.get(token.text)
  }
}

function integer({ text, at }: Token): bigint {
  const value = BigInt(text.replace('+', ''))
  if (value >= INT64_MIN && value <= INT64_MAX) return value
  throw new OttlError(at, `${text} has more than 64 bits`)
}

function bytes({ text, at }: Token): Buffer {
  if (text.length % 2 === 0) return Buffer.from(text.slice(2), 'hex')
  throw new OttlError(at, `${text} lacks a digit: a byte has two`)
}
