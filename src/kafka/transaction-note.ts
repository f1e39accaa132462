import { createHash } from 'node:crypto'

/*
 * What a transaction says beside its messages: which batches the last ones have written. It is kept
 * as the metadata of a committed offset, which becomes valid with the messages or not at all.
 */

/** Of a batch in a note: 96 bits of a hash, so that no two batches are ever taken for one another. */
export type NotedName = string

export const NOTE_NAME_LENGTH = 16
const PREFIX = 'parsec:1:'

/** The most names in a note: with them it is 4,009 of the 4,096 bytes that brokers take. */
export const NOTE_NAMES_MAX = 250

export function notedName(identity: string): NotedName {
  return createHash('sha256').update(identity).digest().toString('base64', 0, 12)
}

/** The newest last. */
export function encodeNote(names: readonly NotedName[]): string {
  return PREFIX + names.join('')
}

/** None when it is none of ours. */
export function decodeNote(metadata: string): NotedName[] {
  if (!metadata.startsWith(PREFIX)) return []
  const names: NotedName[] = []
  for (let at = PREFIX.length; at + NOTE_NAME_LENGTH <= metadata.length; at += NOTE_NAME_LENGTH) {
    names.push(metadata.slice(at, at + NOTE_NAME_LENGTH))
  }
  return names
}
