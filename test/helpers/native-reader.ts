/** A decoder of Native blocks that shares no code with the encoder: the oracle of its tests. */
export interface NativeColumn {
  readonly name: string
  readonly type: string
  /** Times are bigint nanoseconds, strings are the raw bytes as latin1, maps are pairs of those. */
  readonly values: readonly NativeValue[]
}

export type NativeValue = number | bigint | string | readonly (readonly [string, string])[]

/** Reads exactly one block. Throws when bytes are missing or left over. */
export function readNativeBlock(bytes: Buffer): Map<string, NativeColumn> {
  const reader = new NativeReader(bytes)
  const columns = reader.varuint()
  const rows = reader.varuint()
  const block = new Map<string, NativeColumn>()
  for (let i = 0; i < columns; i++) {
    const name = reader.string()
    const type = reader.string()
    block.set(name, { name, type, values: reader.column(type, rows) })
  }
  if (reader.pos !== bytes.length) throw new Error(`${bytes.length - reader.pos} bytes left over`)
  return block
}

/** The text of a value that `readNativeBlock` gave as raw bytes. */
export function textOf(raw: NativeValue | undefined): string {
  return Buffer.from(String(raw), 'latin1').toString('utf8')
}

class NativeReader {
  readonly #bytes: Buffer
  pos = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  varuint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes.readUInt8(this.pos++)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  string(): string {
    const length = this.varuint()
    if (this.pos + length > this.#bytes.length) throw new Error('string past the end')
    this.pos += length
    return this.#bytes.toString('latin1', this.pos - length, this.pos)
  }

  column(type: string, rows: number): NativeValue[] {
    const times = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read)
    switch (type) {
      case 'DateTime64(9)':
        return times(rows, () => this.#bytes.readBigInt64LE((this.pos += 8) - 8))
      case 'UInt8':
        return times(rows, () => this.#bytes.readUInt8(this.pos++))
      case 'String':
        return times(rows, () => this.string())
      case 'Map(String, String)': {
        const ends = times(rows, () => Number(this.#bytes.readBigUInt64LE((this.pos += 8) - 8)))
        const keys = times(ends.at(-1) ?? 0, () => this.string())
        const values = times(keys.length, () => this.string())
        const pairs = keys.map((key, i) => [key, values[i]!] as const)
        return ends.map((end, i) => pairs.slice(ends[i - 1] ?? 0, end))
      }
      default:
        throw new Error(`type ${type}`)
    }
  }
}
