import { compilePattern, PatternError } from '../attributes/pattern.ts'
import { anyValueText } from '../batch/any-value-text.ts'
import { OttlError } from './ottl-error.ts'
import type { Getter } from './paths.ts'

/**
 * OTTL's `IsMatch(target, pattern)`: does the RE2 pattern match anywhere in the target, or in the text
 * of a target that is no string? nil never matches. Throws OttlError, for the place `at`.
 */
export function isMatch(
  target: Getter,
  source: string,
  at: number,
): (...row: Parameters<Getter>) => boolean {
  const pattern = compiled(source, at)
  return row => {
    const value = target(row)
    if (value === undefined) return false
    const isBytes = value instanceof Uint8Array
    return pattern.test(isBytes ? Buffer.from(value).toString('hex') : anyValueText(value))
  }
}

function compiled(source: string, at: number): ReturnType<typeof compilePattern> {
  try {
    return compilePattern(source)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    throw new OttlError(at, error.message)
  }
}
