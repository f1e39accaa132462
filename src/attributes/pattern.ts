import { RE2JS, RE2JSSyntaxException } from 're2js'

/** Longest pattern taken, in characters: the automaton grows with it. */
const PATTERN_CHARS_MAX = 4096

/**
 * A regular expression in RE2 syntax, as the Collector's configs have them: `(?P<name>...)`, `(?i)`,
 * no look-around, no back-references. Matching takes time linear in the text, whatever the pattern
 * and the text are: patterns come from the operator, but texts come from anybody.
 */
export interface Pattern {
  readonly source: string
  /** Names of the capture groups, in order; '' for one without a name. */
  readonly groups: readonly string[]
  /** Does the pattern match anywhere in the text? */
  test(text: string): boolean
  /** The groups' texts of the first match ('' for a group that took no part), or undefined. */
  capture(text: string): string[] | undefined
}

/** Compiles a pattern. Throws PatternError, whose message says what is wrong with it. */
export function compilePattern(source: string): Pattern {
  if (source.length > PATTERN_CHARS_MAX) {
    throw new PatternError(
      `pattern has ${source.length} characters, at most ${PATTERN_CHARS_MAX} are taken`,
    )
  }
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(source)
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    throw new PatternError(
      `"${source}" is not a regular expression in RE2 syntax: ${error.message.replace('error parsing regexp: ', '')}`,
    )
  }
  const groups = Array.from({ length: compiled.groupCount() }, () => '')
  for (const [name, index] of Object.entries(compiled.namedGroups())) groups[index - 1] = name
  return {
    source,
    groups,
    test: text => compiled.test(text),
    capture(text) {
      const matcher = compiled.matcher(text)
      if (!matcher.find()) return undefined
      return groups.map((_, index) => matcher.group(index + 1) ?? '')
    },
  }
}

export class PatternError extends Error {
  override readonly name = 'PatternError'
}
