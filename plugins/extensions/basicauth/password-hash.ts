import { createHash } from 'node:crypto'
import { compare } from 'bcryptjs'
import { isSameSecret } from '#core'

/**
 * Is this the password of an htpasswd entry? Knows what Apache's htpasswd writes: bcrypt (-B),
 * $apr1$ (its default), {SHA} (-s), {SSHA}, and plain text (-p), which every other entry is.
 */
export async function isPassword(password: string, entry: string): Promise<boolean> {
  if (/^\$2[aby]\$/.test(entry)) return await compare(password, entry)
  if (entry.startsWith('$apr1$')) {
    const salt = entry.slice(6).split('$', 1)[0] ?? ''
    return isSameSecret(apr1(password, salt), entry)
  }
  if (entry.startsWith('{SHA}')) {
    const digest = createHash('sha1').update(password).digest('base64')
    return isSameSecret(digest, entry.slice(5))
  }
  if (entry.startsWith('{SSHA}')) {
    const bytes = Buffer.from(entry.slice(6), 'base64')
    const salted = createHash('sha1').update(password).update(bytes.subarray(20)).digest()
    return isSameSecret(salted.toString('hex'), bytes.subarray(0, 20).toString('hex'))
  }
  return isSameSecret(password, entry)
}

/** Does a check take so long (tens of milliseconds) that its result is worth remembering? */
export function isSlow(entry: string): boolean {
  return entry.startsWith('$')
}

/** Poul-Henning Kamp's MD5-based crypt(3) with Apache's own magic word (APR, apr_md5.c). */
function apr1(password: string, salt: string): string {
  const text = Buffer.from(password)
  const inner = md5(text, salt, text)
  const first: (Buffer | string)[] = [text, '$apr1$', salt]
  for (let left = text.length; left > 0; left -= 16)
    first.push(inner.subarray(0, Math.min(16, left)))
  // For every bit of the length, from the lowest: a NUL, or the first byte of the password.
  for (let bits = text.length; bits > 0; bits >>= 1) {
    first.push(bits & 1 ? Buffer.from([0]) : text.subarray(0, 1))
  }
  let digest = md5(...first)
  for (let round = 0; round < 1000; round++) {
    const parts: (Buffer | string)[] = [round & 1 ? text : digest]
    if (round % 3 !== 0) parts.push(salt)
    if (round % 7 !== 0) parts.push(text)
    parts.push(round & 1 ? digest : text)
    digest = md5(...parts)
  }
  return `$apr1$${salt}$${encode(digest)}`
}

function md5(...parts: readonly (Buffer | string)[]): Buffer {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Which bytes of the digest make up each group of four characters. */
const GROUPS = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const

function encode(digest: Buffer): string {
  let text = ''
  const write = (value: number, characters: number): void => {
    for (let i = 0; i < characters; i++) text += ALPHABET[(value >> (6 * i)) & 63]
  }
  for (const [high, middle, low] of GROUPS) {
    write((digest[high]! << 16) | (digest[middle]! << 8) | digest[low]!, 4)
  }
  write(digest[11]!, 2)
  return text
}
