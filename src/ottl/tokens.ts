import { OttlError } from './ottl-error.ts'

export type TokenKind = 'bytes' | 'float' | 'int' | 'string' | 'word' | 'sign' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** As it was written; of the end, ''. */
  readonly text: string
  /** Index of its first character. */
  readonly at: number
}

/** In the order in which OTTL's own lexer tries them: `0x10` is bytes, `-1` one number. */
const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ['bytes', /0x[a-fA-F0-9]+/y],
  ['float', /[-+]?\d*\.\d+([eE][-+]?\d+)?/y],
  ['int', /[-+]?\d+/y],
  ['string', /"(\\.|[^\\"])*"/sy],
  ['word', /[A-Za-z][A-Za-z0-9_]*/y],
  ['sign', /==|!=|>=|<=|[<>()[\],.]/y],
]

/** The tokens of a condition, the last one of kind `end`. Throws OttlError. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = skipSpace(text, 0)
  while (at < text.length) {
    const token = tokenAt(text, at)
    tokens.push(token)
    at = skipSpace(text, at + token.text.length)
  }
  return [...tokens, { kind: 'end', text: '', at }]
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && /\s/.test(text[at]!)) at++
  return at
}

function tokenAt(text: string, at: number): Token {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = at
    const match = rule.exec(text)
    if (match !== null) return { kind, text: match[0], at }
  }
  if (text[at] === '"') throw new OttlError(at, 'this string has no end: a " is missing')
  const hint = HINTS.get(text[at]!) ?? 'no condition has this here'
  throw new OttlError(at, `${JSON.stringify(text[at])}: ${hint}`)
}

const HINTS: ReadonlyMap<string, string> = new Map([
  ['=', 'equality is written =='],
  ['!', 'negation is written not'],
  ['&', 'write and'],
  ['|', 'write or'],
  ["'", 'strings are written in double quotes'],
  ['`', 'strings are written in double quotes'],
  ['{', 'maps are not known here'],
  ...['+', '-', '*', '/'].map(sign => [sign, 'arithmetic is not known here'] as const),
])

/** What a string token stands for. Throws OttlError for an escape that Go does not have. */
export function unquoted({ text, at }: Token): string {
  return text.slice(1, -1).replace(ESCAPE, (escape, offset: number) => {
    const simple = SIMPLE_ESCAPES.get(escape[1]!)
    if (simple !== undefined && escape.length === 2) return simple
    const code = Number.parseInt(escape.slice(2), 16)
    if (escape.length > 2 && code <= 0x10ffff) return String.fromCodePoint(code)
    throw new OttlError(
      at + 1 + offset,
      `${escape} is no escape; a backslash is written \\\\, also in patterns`,
    )
  })
}

const ESCAPE = /\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/gs

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])
