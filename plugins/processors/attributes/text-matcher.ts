import { compilePattern } from '#core'
import type { MatchConfig } from './config.ts'

const ENTRIES_DEFAULT = 4096
/** Longer texts are not remembered: entries times this bounds the memory. */
const TEXT_CHARS_MAX = 1024

export type TextMatcher = (text: string) => boolean

type Options = Pick<MatchConfig, 'match_type' | 'regexp'>

/** Does a text match at least one of `texts`, literally or as a regular expression? */
export function textMatcher(texts: readonly string[], options: Options): TextMatcher {
  if (options.match_type === 'strict') {
    const wanted = new Set(texts)
    return text => wanted.has(text)
  }
  const patterns = [...new Set(texts)].map(compilePattern)
  const matches: TextMatcher = text => patterns.some(pattern => pattern.test(text))
  if (options.regexp?.cacheenabled !== true) return matches
  return remembering(matches, options.regexp.cachemaxnumentries || ENTRIES_DEFAULT)
}

/** Keeps the verdicts of the `entriesMax` texts seen last. */
function remembering(matches: TextMatcher, entriesMax: number): TextMatcher {
  const known = new Map<string, boolean>()
  return text => {
    if (text.length > TEXT_CHARS_MAX) return matches(text)
    const verdict = known.get(text) ?? matches(text)
    // A Map keeps the order of insertion: the oldest is first.
    known.delete(text)
    known.set(text, verdict)
    if (known.size > entriesMax) known.delete(known.keys().next().value!)
    return verdict
  }
}
