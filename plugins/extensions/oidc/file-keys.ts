import { createPublicKey, type KeyObject } from 'node:crypto'
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'

/** Keys without a name; which one signed a token only trying can tell. */
export type FileKeys =
  | { readonly kind: 'jwks'; readonly get: JWTVerifyGetKey }
  | { readonly kind: 'pem'; readonly keys: readonly KeyObject[] }

const PEM_BLOCK = /-----BEGIN [A-Z ]+-----[\s\S]+?-----END [A-Z ]+-----/g

/** Reads a JWKS, or the public keys and certificates of a PEM file. Throws when there is none. */
export function parseKeys(text: string): FileKeys {
  if (text.trimStart().startsWith('{')) {
    return { kind: 'jwks', get: createLocalJWKSet(JSON.parse(text) as JSONWebKeySet) }
  }
  const blocks = text.match(PEM_BLOCK) ?? []
  if (blocks.length === 0) throw new Error('there is neither a JWKS nor a PEM block')
  if (blocks.some(block => block.includes('PRIVATE KEY'))) {
    throw new Error('there is a private key; only public keys belong here')
  }
  return { kind: 'pem', keys: blocks.map(block => createPublicKey(block)) }
}
