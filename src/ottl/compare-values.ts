import { isDeepStrictEqual } from 'node:util'
import type { AnyValue } from '../batch/any-value.ts'

export const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const
export type Comparison = (typeof COMPARISONS)[number]

/**
 * Compares as OTTL does: values of different types are only ever unlike (`!=`), except that integers
 * and doubles are compared as doubles; undefined is OTTL's nil; strings are ordered by their bytes.
 */
export function compareValues(a: AnyValue, comparison: Comparison, b: AnyValue): boolean {
  if (isNumber(a) && isNumber(b)) {
    return typeof a === typeof b ? holds(a, comparison, b) : holds(Number(a), comparison, Number(b))
  }
  if (typeof a === 'boolean' && typeof b === 'boolean') return holds(a, comparison, b)
  if (typeof a === 'string' && typeof b === 'string') {
    if (comparison === '==') return a === b
    if (comparison === '!=') return a !== b
    return holds(Buffer.compare(Buffer.from(a), Buffer.from(b)), comparison, 0)
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return holds(Buffer.compare(a, b), comparison, 0)
  }
  if (a === undefined && b === undefined) return holds(0, comparison, 0)
  const isSame = (comparison === '==' || comparison === '!=') && isDeepStrictEqual(a, b)
  return isSame ? comparison === '==' : comparison === '!='
}

function isNumber(value: AnyValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function holds<T extends number | bigint | boolean>(a: T, comparison: Comparison, b: T): boolean {
  switch (comparison) {
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
  }
}
