import { JsonError } from './json-error.ts'

/** How deep objects and arrays may nest, in the parts that are skipped too. */
export const JSON_DEPTH_MAX = 10_000

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * Reads JSON (RFC 8259) from bytes, token by token, without building values: the caller walks
 * objects and arrays and skips what it does not want. Memory does not grow with the text, and
 * nothing recurses. Every method throws a JsonError with `isSyntax` when the text is not JSON.
 */
export class JsonReader {
  readonly bytes: Buffer
  /** Where the text ends; a caller that reads line by line sets it to the next line feed. */
  end: number
  pos = 0
  /** Content of the last string or number that was read, without quotes. */
  tokenOffset = 0
  tokenEnd = 0
  /** The last string holds escapes, so that its bytes are not its content. */
  isEscaped = false

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.end = bytes.length
    // A byte order mark says nothing in UTF-8, but some senders write it.
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.pos = 3
  }

  /** Skips white space; returns the byte that comes next, or -1 at the end. */
  peek(): number {
    const { bytes, end } = this
    let { pos } = this
    while (pos < end) {
      const byte = bytes[pos]!
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        this.pos = pos
        return byte
      }
      pos++
    }
    this.pos = pos
    return -1
  }

  /** Throws unless only white space is left. */
  expectEnd(): void {
    if (this.peek() !== -1) throw this.#unexpected('the end of the text')
  }

  /** What kind of value comes next, with its article, for messages. */
  describe(): string {
    const byte = this.peek()
    if (byte === QUOTE) return 'a string'
    if (byte === OPEN_OBJECT) return 'an object'
    if (byte === OPEN_ARRAY) return 'an array'
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return 'a number'
    if (byte === 0x74 || byte === 0x66) return 'a boolean'
    if (byte === 0x6e) return 'null'
    throw this.#unexpected('a value')
  }

  /** Steps to the next member of an object, just past its colon; false at the closing brace. */
  nextMember(isFirst: boolean): boolean {
    if (!this.#next(isFirst, OPEN_OBJECT, CLOSE_OBJECT)) return false
    this.#key()
    return true
  }

  /** Steps to the next element of an array; false at the closing bracket. */
  nextElement(isFirst: boolean): boolean {
    return this.#next(isFirst, OPEN_ARRAY, CLOSE_ARRAY)
  }

  /** Reads a string into the token. */
  string(): void {
    if (this.peek() !== QUOTE) throw this.#unexpected('a string')
    const { bytes } = this
    const start = this.pos + 1
    let pos = start
    this.isEscaped = false
    for (;;) {
      // Past the end there is `undefined`, which no comparison is true for.
      const byte = bytes[pos]!
      if (byte === QUOTE) break
      if (byte === BACKSLASH) pos = this.#escape(pos)
      else if (byte >= 0x20) pos++
      else throw this.#syntax(pos < this.end ? 'bad control character' : 'string never ends', pos)
    }
    this.tokenOffset = start
    this.tokenEnd = pos
    this.pos = pos + 1
  }

  /** Reads a number into the token. */
  number(): void {
    const start = this.pos
    let { pos } = this
    if (this.bytes[pos] === 0x2d) pos++
    if (this.bytes[pos] === 0x30) pos++
    else pos = this.#digits(pos)
    if (this.bytes[pos] === 0x2e) pos = this.#digits(pos + 1)
    if (this.bytes[pos] === 0x65 || this.bytes[pos] === 0x45) {
      pos++
      if (this.bytes[pos] === 0x2b || this.bytes[pos] === 0x2d) pos++
      pos = this.#digits(pos)
    }
    this.isEscaped = false
    this.tokenOffset = start
    this.tokenEnd = this.pos = pos
  }

  /** Reads `true`, `false` or `null`. */
  literal(): boolean | null {
    for (const [text, value] of LITERALS) {
      const end = this.pos + text.length
      if (this.bytes.toString('latin1', this.pos, end) !== text) continue
      this.pos = end
      return value
    }
    throw this.#unexpected('a value')
  }

  /** Text of the last string or number. */
  text(): string {
    const { bytes, tokenOffset, tokenEnd } = this
    if (!this.isEscaped) return bytes.toString('utf8', tokenOffset, tokenEnd)
    return JSON.parse(bytes.toString('utf8', tokenOffset - 1, tokenEnd + 1)) as string
  }

  /** Skips one value of any kind. */
  skip(): void {
    const open: number[] = []
    do {
      const byte = this.peek()
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (open.length >= JSON_DEPTH_MAX) {
          throw this.#syntax(`values nest deeper than ${JSON_DEPTH_MAX}`, this.pos)
        }
        const isObject = byte === OPEN_OBJECT
        if (isObject ? this.nextMember(true) : this.nextElement(true)) {
          open.push(byte)
          continue
        }
      } else this.#scalar(byte)
      while (open.length > 0) {
        const isObject = open.at(-1) === OPEN_OBJECT
        if (isObject ? this.nextMember(false) : this.nextElement(false)) break
        open.pop()
      }
    } while (open.length > 0)
  }

  #scalar(byte: number): void {
    if (byte === QUOTE) this.string()
    else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) this.number()
    else this.literal()
  }

  #next(isFirst: boolean, open: number, close: number): boolean {
    const byte = this.peek()
    if (isFirst) {
      if (byte !== open) throw this.#unexpected(`'${String.fromCharCode(open)}'`)
      this.pos++
      if (this.peek() !== close) return true
    } else if (byte === COMMA) {
      this.pos++
      return true
    } else if (byte !== close) throw this.#unexpected(`',' or '${String.fromCharCode(close)}'`)
    this.pos++
    return false
  }

  #key(): void {
    this.string()
    if (this.peek() !== COLON) throw this.#unexpected("':'")
    this.pos++
  }

  #digits(pos: number): number {
    const start = pos
    while (this.bytes[pos]! >= 0x30 && this.bytes[pos]! <= 0x39) pos++
    if (pos > start) return pos
    this.pos = pos
    throw this.#unexpected('a digit')
  }

  /** Checks the escape at `pos`; returns where the string goes on. */
  #escape(pos: number): number {
    this.isEscaped = true
    const end = this.bytes[pos + 1] === 0x75 ? pos + 6 : pos + 2
    if (ESCAPE.test(this.bytes.toString('latin1', pos, end))) return end
    throw this.#syntax('bad escape', pos)
  }

  #unexpected(wanted: string): JsonError {
    const { bytes, pos } = this
    if (pos >= this.end) return this.#syntax(`text ends where ${wanted} must come`, pos)
    const byte = bytes[pos]!
    const isPrintable = byte > 0x20 && byte < 0x7f
    const found = isPrintable ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16)}`
    return this.#syntax(`${found} stands where ${wanted} must come`, pos)
  }

  #syntax(reason: string, pos: number): JsonError {
    const at = Math.min(pos, this.end)
    let line = 1
    let lineStart = 0
    for (;;) {
      const next = this.bytes.indexOf(0x0a, lineStart)
      if (next < 0 || next >= at) break
      line++
      lineStart = next + 1
    }
    const where = `(line ${line} column ${at - lineStart + 1})`
    return new JsonError(`not JSON: ${reason} ${where}`, at, '', true)
  }
}

const LITERALS = [
  ['null', null],
  ['true', true],
  ['false', false],
] as const

const ESCAPE = /^\\(?:["\\/bfnrt]|u[\da-fA-F]{4})$/
