import type { JsonReader } from '#core'

export type ValueKind = 'string' | 'number' | 'other'

/** A key of the record: a range of the body, or of its own bytes when it held escapes. */
export interface Key {
  bytes: Buffer
  offset: number
  end: number
}

const EMPTY = Buffer.alloc(0)

export function emptyKey(): Key {
  return { bytes: EMPTY, offset: 0, end: 0 }
}

export function textOf({ bytes, offset, end }: Key): string {
  return bytes.toString('utf8', offset, end)
}

/**
 * A field with a meaning of its own, noted while the record is read and interpreted at its end. One
 * object serves every record: nothing is allocated on the hot path.
 */
export class NotedField implements Key {
  isSet = false
  /** Place of the name among the names of its slot; 0 comes first. */
  rank = 0
  kind: ValueKind = 'other'
  bytes: Buffer = EMPTY
  offset = 0
  end = 0
  /** Where the value begins, and one past it. */
  valueOffset = 0
  valueEnd = 0
  /** Content of a string or number. */
  readonly text: Key = emptyKey()

  clear(): void {
    this.isSet = false
    this.bytes = EMPTY
    this.text.bytes = EMPTY
  }

  /** Notes the value at the reader, which is left behind it. Throws JsonError. */
  note(reader: JsonReader, rank: number, key: Key): void {
    this.isSet = true
    this.rank = rank
    this.bytes = key.bytes
    this.offset = key.offset
    this.end = key.end
    const byte = reader.peek()
    this.valueOffset = reader.pos
    this.kind = 'other'
    if (byte === 0x22) {
      reader.string()
      this.kind = 'string'
    } else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
      reader.number()
      this.kind = 'number'
    } else reader.skip()
    this.valueEnd = reader.pos
    if (this.kind !== 'other') copyToken(reader, this.text)
  }

  get isEmptyText(): boolean {
    return this.kind === 'string' && this.text.offset === this.text.end
  }
}

/** Points `key` at the content of the string or number just read. */
export function copyToken(reader: JsonReader, key: Key): void {
  const { isEscaped } = reader
  key.bytes = isEscaped ? Buffer.from(reader.text()) : reader.bytes
  key.offset = isEscaped ? 0 : reader.tokenOffset
  key.end = isEscaped ? key.bytes.length : reader.tokenEnd
}
