import { isUtf8 } from 'node:buffer'
import {
  JSON_VALUE_DEPTH_MAX,
  JsonError,
  type JsonReader,
  Writer,
  writeJsonValue,
  writeTextAttribute,
} from '#core'
import { AttributeIndex } from './attribute-index.ts'
import { type FieldError, shownValue } from './field-error.ts'
import {
  BODY,
  FIRST_RESOURCE,
  findName,
  RESOURCE_KEYS,
  rankOf,
  SEVERITY,
  SLOTS,
  SPAN_ID,
  slotOf,
  TIME,
  TRACE_ID,
} from './fields.ts'
import { copyToken, emptyKey, type Key, NotedField, textOf } from './noted-field.ts'
import { RecordFields } from './record-fields.ts'
import type { SeverityScale } from './severity.ts'
import type { NanoTime } from './timestamp.ts'

export interface NormaliserOptions {
  readonly severityNumbers: SeverityScale
  readonly attributesMax: number
}

/** Longer values of resource attributes are mistakes, and each makes a resource of its own. */
const RESOURCE_VALUE_BYTES_MAX = 1024

/**
 * Turns one JSON object after the other into LogRecord messages in `out`, in a single pass over the
 * text: what has no meaning of its own is written as an attribute at once, the rest is noted and
 * written at the end of the object.
 */
export class Normaliser {
  /** The LogRecord messages, each with tag and length. */
  readonly out: Writer
  /** The Resource message of the last record. */
  readonly resource = new Writer(256)
  readonly #options: NormaliserOptions
  readonly #attributes: AttributeIndex
  readonly #noted: readonly NotedField[] = SLOTS.map(() => new NotedField())
  readonly #fields: RecordFields
  readonly #key = emptyKey()
  readonly #text = emptyKey()
  #reader: JsonReader
  #errors: FieldError[] = []

  /** `reader` is replaced for every request by `begin`. */
  constructor(reader: JsonReader, options: NormaliserOptions) {
    this.out = new Writer(64 * 1024)
    this.#reader = reader
    this.#options = options
    this.#attributes = new AttributeIndex(options.attributesMax)
    this.#fields = new RecordFields(this.out, options.severityNumbers)
  }

  /** Starts a request that came at `now`, which is the time of records without one. */
  begin(reader: JsonReader, now: NanoTime): void {
    this.#reader = reader
    this.out.pos = 0
    this.#fields.now = now
  }

  /** Lets go of the request's bytes. */
  end(empty: JsonReader): void {
    this.#reader = empty
    for (const field of this.#noted) field.clear()
  }

  /**
   * Reads the value at the reader as a record and writes it, or writes nothing and says what is
   * wrong with it. `checkUtf8` for a text of which some part is no UTF-8. Throws JsonError when it
   * is no JSON.
   */
  take(checkUtf8: boolean): readonly FieldError[] | undefined {
    const reader = this.#reader
    const { out } = this
    this.#errors = []
    const isObject = reader.peek() === 0x7b
    const start = reader.pos
    const record = out.begin(0x12)
    if (isObject) this.#object()
    else {
      reader.skip()
      this.#fail('', start, reader.pos, 'must be an object')
    }
    if (checkUtf8 && !isUtf8(reader.bytes.subarray(start, reader.pos))) {
      this.#errors.push({ field: '', value: null, rule: 'must be UTF-8 throughout' })
    }
    if (this.#errors.length > 0) {
      out.pos = record - 1
      return this.#errors
    }
    out.commit(record)
    return undefined
  }

  #object(): void {
    const reader = this.#reader
    for (const field of this.#noted) if (field.isSet) field.clear()
    this.#attributes.reset()
    const key = this.#key
    for (let isFirst = true; reader.nextMember(isFirst); isFirst = false) {
      copyToken(reader, key)
      const name = findName(key.bytes, key.offset, key.end)
      if (name < 0) this.#attribute(key)
      else this.#named(name, key)
    }
    this.#id(TRACE_ID, 16)
    this.#id(SPAN_ID, 8)
    this.#check(this.#fields.time(this.#noted[TIME]!), TIME)
    this.#check(this.#fields.severity(this.#noted[SEVERITY]!), SEVERITY)
    this.#body(this.#noted[BODY]!)
    this.#resource()
  }

  /** Notes a field with a meaning; of several names for one thing the first in the list counts. */
  #named(name: number, key: Key): void {
    const reader = this.#reader
    // null is as good as nothing.
    if (reader.peek() === 0x6e) {
      reader.literal()
      return
    }
    const field = this.#noted[slotOf(name)]!
    const rank = rankOf(name)
    if (field.isSet && field.rank < rank) return this.#attribute(key)
    if (field.isSet && field.rank > rank) {
      const { pos } = reader
      this.#attributeOf(field)
      reader.pos = pos
    }
    field.note(reader, rank, key)
  }

  /** A field that was noted becomes an attribute after all. */
  #attributeOf(field: NotedField): void {
    this.#reader.pos = field.valueOffset
    this.#attribute(field)
  }

  #attribute(key: Key): void {
    const reader = this.#reader
    const start = reader.pos
    if (this.#attributes.isFull || key.offset === key.end) {
      reader.skip()
      const rule = key.offset === key.end ? 'must have a name' : this.#tooMany()
      this.#fail(textOf(key), start, reader.pos, rule)
      return
    }
    const { out } = this
    this.#attributes.add(out, key.bytes, key.offset, key.end)
    // Fast path: most values are text, whose length is known before it is written.
    if (reader.peek() === 0x22) {
      reader.string()
      copyToken(reader, this.#text)
      writeTextAttribute(out, 0x32, key, this.#text)
      return
    }
    const attribute = out.begin(0x32)
    out.lengthDelimited(0x0a, key.bytes, key.offset, key.end)
    const value = out.begin(0x12)
    this.#value(key)
    out.commit(value)
    out.commit(attribute)
  }

  #tooMany(): string {
    return `must be one of at most ${this.#options.attributesMax} attributes of a record`
  }

  /** An AnyValue at the reader; one that nests too deep is an error of the field. */
  #value(key: Key): void {
    const reader = this.#reader
    const start = reader.pos
    try {
      writeJsonValue(reader, this.out)
    } catch (error) {
      if (!(error instanceof JsonError) || error.isSyntax) throw error
      reader.pos = start
      reader.skip()
      this.#fail(
        textOf(key),
        start,
        reader.pos,
        `must not nest deeper than ${JSON_VALUE_DEPTH_MAX}`,
      )
    }
  }

  #body(field: NotedField): void {
    const { title, names } = SLOTS[BODY]!
    if (!field.isSet || field.isEmptyText) {
      const rule = `must be there and not empty (one of ${names.join(', ')})`
      this.#errors.push({ field: title, value: field.isSet ? '' : null, rule })
      return
    }
    const { out } = this
    const body = out.begin(0x2a)
    const { bytes, offset, end } = field.text
    if (field.kind === 'string') out.lengthDelimited(0x0a, bytes, offset, end)
    else {
      const reader = this.#reader
      const { pos } = reader
      reader.pos = field.valueOffset
      this.#value(field)
      reader.pos = pos
    }
    out.commit(body)
  }

  /** An id that is valid; any other text stays as an attribute, so that nothing is lost. */
  #id(slot: number, size: 8 | 16): void {
    const field = this.#noted[slot]!
    if (!field.isSet || this.#fields.readId(field, size)) return
    const reader = this.#reader
    const { pos } = reader
    this.#attributeOf(field)
    reader.pos = pos
    field.clear()
  }

  #resource(): void {
    const { resource } = this
    resource.pos = 0
    for (let slot = FIRST_RESOURCE; slot < SLOTS.length; slot++) {
      const field = this.#noted[slot]!
      if (!field.isSet || field.isEmptyText) continue
      const { offset, end } = field.text
      if (field.kind !== 'string' || end - offset > RESOURCE_VALUE_BYTES_MAX) {
        const rule = `must be a string of at most ${RESOURCE_VALUE_BYTES_MAX} bytes`
        this.#fail(textOf(field), field.valueOffset, field.valueEnd, rule)
        continue
      }
      const key = RESOURCE_KEYS[slot - FIRST_RESOURCE]!
      writeTextAttribute(resource, 0x0a, { bytes: key, offset: 0, end: key.length }, field.text)
    }
  }

  #check(rule: string, slot: number): void {
    if (rule === '') return
    const field = this.#noted[slot]!
    this.#fail(textOf(field), field.valueOffset, field.valueEnd, rule)
  }

  #fail(field: string, start: number, end: number, rule: string): void {
    const value = shownValue(this.#reader.bytes.toString('utf8', start, end))
    this.#errors.push({ field, value, rule })
  }
}
