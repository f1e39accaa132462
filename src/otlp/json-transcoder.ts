import { JsonError } from '../wire/json-error.ts'
import { JsonReader } from '../wire/json-reader.ts'
import { Writer } from '../wire/writer.ts'
import { NESTING_DEPTH_MAX } from './check-any-value.ts'
import { transcodeScalar } from './json-scalars.ts'
import type { JsonField, JsonShape } from './json-shape.ts'

const NULL = 0x6e
const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b

/**
 * Rewrites OTLP JSON as protobuf in one pass over the bytes, in the order it comes in: no object is
 * made, so memory does not grow with the number of values and integers keep all their digits.
 *
 * Keys that a shape does not know are skipped, null is absent, and a key that comes twice is what a
 * protobuf field that comes twice is. An element with a fault inside is left out and counted when
 * its field `isRecord`; every other fault throws JsonError, and so does text that is not JSON.
 */
export class JsonTranscoder {
  readonly #reader: JsonReader
  readonly #out: Writer
  rejectedCount = 0
  /** Why the first record was rejected; '' when none was. */
  rejectedReason = ''
  /** The arrays around the reader: `#names[i][#indexes[i]]`, outermost first. */
  readonly #names: string[] = []
  readonly #indexes: number[] = []

  constructor(json: Buffer) {
    this.#reader = new JsonReader(json)
    // Protobuf takes less room than JSON, about half as a rule.
    this.#out = new Writer(Math.max(64, json.length >>> 1))
  }

  /** Reads the whole text as one message of this shape and returns that message's bytes. */
  transcode(shape: JsonShape): Buffer {
    this.#message(shape, 0)
    this.#reader.expectEnd()
    return this.#out.finish()
  }

  #message(shape: JsonShape, depth: number): void {
    const reader = this.#reader
    this.#expect(OPEN_OBJECT, 'an object')
    if (depth > NESTING_DEPTH_MAX) {
      throw new JsonError(`values nest deeper than ${NESTING_DEPTH_MAX}`, reader.pos)
    }
    let field: JsonField | undefined
    try {
      for (let isFirst = true; reader.nextMember(isFirst); isFirst = false) {
        field = this.#field(shape)
        if (field === undefined) reader.skip()
        else if (reader.peek() === NULL) reader.literal()
        else if (field.repeated) this.#array(field, depth)
        else this.#value(field, depth)
        // A fault between members is none of the field's.
        field = undefined
      }
    } catch (error) {
      throw isFault(error) && field !== undefined ? error.within(field.name) : error
    }
  }

  #field(shape: JsonShape): JsonField | undefined {
    const { bytes, tokenOffset, tokenEnd, isEscaped } = this.#reader
    if (!isEscaped) return shape.find(bytes, tokenOffset, tokenEnd)
    const name = Buffer.from(this.#reader.text())
    return shape.find(name, 0, name.length)
  }

  #array(field: JsonField, depth: number): void {
    const reader = this.#reader
    this.#expect(OPEN_ARRAY, 'an array')
    const level = this.#names.push(field.name) - 1
    let index = 0
    try {
      for (; reader.nextElement(index === 0); index++) {
        this.#indexes[level] = index
        if (field.isRecord) this.#record(field, depth)
        else this.#value(field, depth)
      }
    } catch (error) {
      throw isFault(error) ? error.within(`[${index}]`) : error
    }
    this.#names.pop()
  }

  /** Writes one record, or leaves it out and notes why. */
  #record(field: JsonField, depth: number): void {
    const reader = this.#reader
    const start = reader.pos
    const mark = this.#out.pos
    const level = this.#names.length
    try {
      this.#value(field, depth)
    } catch (error) {
      if (!isFault(error)) throw error
      this.#names.length = level
      if (this.rejectedCount++ === 0) this.rejectedReason = error.within(this.#path()).message
      this.#out.pos = mark
      reader.pos = start
      reader.skip()
    }
  }

  #value(field: JsonField, depth: number): void {
    if (field.kind !== 'message') {
      this.#reader.peek()
      transcodeScalar(this.#reader, this.#out, field)
      return
    }
    const shape = field.shape!()
    const mark = this.#out.begin(field.tag)
    this.#message(shape, shape.isNesting ? depth + 1 : depth)
    this.#out.commit(mark)
  }

  #expect(byte: number, wanted: string): void {
    const reader = this.#reader
    if (reader.peek() === byte) return
    throw new JsonError(`is ${reader.describe()}, must be ${wanted}`, reader.pos)
  }

  #path(): string {
    return this.#names.map((name, level) => `${name}[${this.#indexes[level]}]`).join('.')
  }
}

/** Is this a value of the wrong kind, within text that is JSON? */
function isFault(error: unknown): error is JsonError {
  return error instanceof JsonError && !error.isSyntax
}
