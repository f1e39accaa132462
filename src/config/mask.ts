import type { Range, SourceText } from './source-text.ts'

export const REDACTED = '[REDACTED]'

const SECRET_WORDS =
  '(?:^|[_.-])(?:pass|pw)$|passw(?:or)?d|passphrase|secret|token|credential|authorization|api[-_]?key|private[-_]?key|key_pem|cookie'
const SECRET_KEY = new RegExp(SECRET_WORDS, 'i')
/** What stands before a value: `key:` or `key=`. */
const KEY = /([\w.-]+)["']?\s*[:=]\s*/g
/** `scheme://user:password@host`: the password. */
const URL_PASSWORD = /(\/\/[^\s/:@]*:)([^\s@/]+)(?=@)/g

/** Does the key's name alone say that its value must not be shown? For keys without a schema. */
export function isSecretName(key: string): boolean {
  return SECRET_KEY.test(key)
}

/** Hides the password of every URL in `text`. `${...}` references are no secrets and stay. */
export function maskUrls(text: string): string {
  return text.replace(URL_PASSWORD, (whole: string, before: string, secret: string) =>
    isReference(secret) ? whole : before + REDACTED,
  )
}

/** A line of a source as it may be shown, and where a column of the original has gone. */
export interface MaskedLine {
  readonly text: string
  /** Offset in the original line (from 0) to offset in `text`. */
  shift(offset: number): number
}

/** Replaces every secret range, and what looks like one, on a line (from 1) by `[REDACTED]`. */
export function maskLine(source: SourceText, line: number): MaskedLine {
  const { start, end } = source.lineRange(line)
  const original = source.text.slice(start, end)
  const known = source.secrets
    .filter(range => range.start < end && range.end > start)
    .map(range => ({ start: Math.max(range.start, start) - start, end: range.end - start }))
  const guesses = guessed(original).filter(
    guess => !known.some(range => range.start <= guess.start && guess.start < range.end),
  )
  const hidden = joined([...known, ...guesses], original.length).filter(
    range => !isReference(original.slice(range.start, range.end)),
  )
  let text = ''
  let at = 0
  for (const range of hidden) {
    text += original.slice(at, range.start) + REDACTED
    at = range.end
  }
  text += original.slice(at)
  return { text, shift: offset => shifted(offset, hidden) }
}

/** `${env:X}` and `${file:x}` only say where a secret is; a default (`:-`) is one itself. */
function isReference(text: string): boolean {
  return /^["']?\$\{(?:env:|file:)?[^{}:]*\}["']?\s*$/.test(text)
}

/**
 * For lines whose values are not known, after a syntax error: all behind a key that says secret,
 * since where such a value ends is not known either.
 */
function guessed(line: string): Range[] {
  const { length } = line.trimEnd()
  const values = [...line.matchAll(KEY)]
    .filter(match => isSecretName(match[1]!))
    .map(match => ({ start: match.index + match[0].length, end: length }))
    .filter(({ start, end }) => start < end)
  const passwords = [...line.matchAll(URL_PASSWORD)].map(match => {
    const start = match.index + match[1]!.length
    return { start, end: start + match[2]!.length }
  })
  return [...values, ...passwords]
}

function joined(ranges: readonly Range[], length: number): Range[] {
  const result: { start: number; end: number }[] = []
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1)
    const cut = Math.min(end, length)
    if (last && start <= last.end) last.end = Math.max(last.end, cut)
    else result.push({ start, end: cut })
  }
  return result
}

function shifted(offset: number, hidden: readonly Range[]): number {
  let delta = 0
  for (const { start, end } of hidden) {
    if (offset <= start) break
    if (offset < end) return start + delta + REDACTED.length
    delta += REDACTED.length - (end - start)
  }
  return offset + delta
}
