import type { Range } from './source-text.ts'

/** Deeper than any config; far from what would exhaust the stack of the YAML library. */
export const NESTING_MAX = 100

const INDICATORS = new RegExp(`(?:[-?:][ \\t]+){${NESTING_MAX + 1},}`)
const INDENTATION = new RegExp(`^[ \\t]{${NESTING_MAX * 4},}`, 'm')

/**
 * Where a text nests deeper than NESTING_MAX, or undefined. Looks at brackets, indentation and runs
 * of `- `; brackets in plain texts and comments count too, up to the next line that starts a key.
 */
export function tooDeeplyNested(text: string): Range | undefined {
  for (const pattern of [INDICATORS, INDENTATION]) {
    const match = pattern.exec(text)
    if (match) return { start: match.index, end: match.index + match[0].length }
  }
  let depth = 0
  let lineStart = true
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (lineStart && /[\w"']/.test(char)) depth = 0
    lineStart = char === '\n'
    if (char === '[' || char === '{') depth++
    else if ((char === ']' || char === '}') && depth > 0) depth--
    if (depth > NESTING_MAX) return { start: at, end: at + 1 }
  }
  return undefined
}
