import { createHash, timingSafeEqual } from 'node:crypto'
import type { AuthRequest } from '../plugin/authenticator.ts'
import type { Denial } from './auth-gate.ts'

/** The SHA-256 of a text. */
export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Are the texts the same? Takes as long for any two: hashes of one length are compared. */
export function isSameSecret(left: string, right: string): boolean {
  return timingSafeEqual(sha256(left), sha256(right))
}

/**
 * What stands behind `scheme` in the header, `Authorization` as a rule. Schemes count in any case.
 * Denied when there is no such header, more than one, or another scheme.
 */
export function credentialsOf(
  request: AuthRequest,
  scheme: string,
  header = 'authorization',
): { readonly credentials: string } | Denial {
  const values = request.header(header)
  if (values.length > 1) return { denied: 'ambiguous', detail: `${header} came more than once` }
  const value = values[0]?.trim() ?? ''
  if (value === '') return { denied: 'missing' }
  if (scheme === '') return { credentials: value }
  const space = value.indexOf(' ')
  const given = space < 0 ? value : value.slice(0, space)
  if (given.toLowerCase() !== scheme.toLowerCase()) {
    return { denied: 'missing', detail: `${header} has another scheme than ${scheme}` }
  }
  return { credentials: space < 0 ? '' : value.slice(space + 1).trim() }
}
