/** A piece of a string value: plain text, or the inside of a `${...}`, itself not yet expanded. */
export type Segment = { readonly text: string } | { readonly reference: string }

/**
 * Cuts a value at its `${...}` references. `$$` is a plain `$`; a `$` before anything else stands
 * for itself. `unclosed` tells of a `${` without its `}`, which is kept as text.
 */
export function splitReferences(value: string): { segments: Segment[]; unclosed: boolean } {
  const segments: Segment[] = []
  let text = ''
  let unclosed = false
  let at = 0
  while (at < value.length) {
    const dollar = value.indexOf('$', at)
    if (dollar < 0) break
    text += value.slice(at, dollar)
    const next = value[dollar + 1]
    const end = next === '{' ? closingBrace(value, dollar + 2) : -1
    if (end >= 0) {
      if (text !== '') segments.push({ text })
      text = ''
      segments.push({ reference: value.slice(dollar + 2, end) })
      at = end + 1
    } else {
      unclosed ||= next === '{'
      text += '$'
      at = dollar + (next === '$' ? 2 : 1)
    }
  }
  text += value.slice(at)
  if (text !== '' || segments.length === 0) segments.push({ text })
  return { segments, unclosed }
}

/** What a `${...}` asks for. `fallback` is the not yet expanded text behind `:-`. */
export interface Reference {
  readonly scheme: string
  readonly target: string
  readonly fallback: string | undefined
}

/** Reads the inside of a `${...}`; without a scheme it names an environment variable. */
export function parseReference(inner: string): Reference {
  const match = /^([A-Za-z][A-Za-z0-9+.-]+):(?!-)/.exec(inner)
  const scheme = match?.[1] ?? 'env'
  const rest = match ? inner.slice(match[0].length) : inner
  const at = scheme === 'env' ? fallbackStart(rest) : -1
  if (at < 0) return { scheme, target: rest, fallback: undefined }
  return { scheme, target: rest.slice(0, at), fallback: rest.slice(at + 2) }
}

/** Braces nest, so that `${yaml:{a: 1}}` and `${env:X:-${env:Y}}` end where they should. */
function closingBrace(value: string, from: number): number {
  let depth = 1
  for (let at = from; at < value.length; at++) {
    if (value[at] === '{') depth++
    else if (value[at] === '}' && --depth === 0) return at
  }
  return -1
}

/** The first `:-` outside of a nested reference. */
function fallbackStart(text: string): number {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}') depth--
    else if (depth === 0 && text.startsWith(':-', at)) return at
  }
  return -1
}
