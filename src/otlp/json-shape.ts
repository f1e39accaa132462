/** How a field's value is written in OTLP JSON and on the wire. */
type FieldKind =
  | 'string'
  | 'bytes'
  | 'traceId'
  | 'spanId'
  | 'bool'
  | 'int64'
  | 'fixed64'
  | 'uint32'
  | 'int32'
  | 'fixed32'
  | 'double'
  | 'enum'
  | 'message'

/** Protobuf wire types by kind. */
const WIRE_TYPES: Readonly<Record<FieldKind, number>> = {
  string: 2,
  bytes: 2,
  traceId: 2,
  spanId: 2,
  bool: 0,
  int64: 0,
  fixed64: 1,
  uint32: 0,
  int32: 0,
  fixed32: 5,
  double: 1,
  enum: 0,
  message: 2,
}

/** One field of a message. */
export interface FieldSpec {
  readonly number: number
  readonly kind: FieldKind
  readonly repeated?: boolean
  /** Of a message field; a function, since messages nest in themselves. */
  readonly shape?: () => JsonShape
  /** Of an enum field: the numbers of its names. */
  readonly names?: ReadonlyMap<string, number>
  /** A fault inside one element costs that element, not the request. */
  readonly isRecord?: boolean
}

export interface JsonField extends FieldSpec {
  /** Position within the message, as its shape lists the fields. */
  readonly index: number
  readonly name: string
  readonly tag: number
}

/** A message of OTLP: its fields by JSON name and by number. */
export class JsonShape {
  readonly fields: readonly JsonField[]
  readonly byNumber: readonly (JsonField | undefined)[]
  /** Fields by the length of a name: lowerCamelCase and snake_case spellings. */
  readonly #byLength: { name: Buffer; field: JsonField }[][] = []
  /** Containers of values: how deep these nest is counted. */
  readonly isNesting: boolean

  constructor(fields: Readonly<Record<string, FieldSpec>>, isNesting = false) {
    this.isNesting = isNesting
    this.fields = Object.entries(fields).map(([name, spec], index) => {
      const tag = (spec.number << 3) | WIRE_TYPES[spec.kind]
      return { ...spec, index, name, tag }
    })
    const byNumber: (JsonField | undefined)[] = []
    for (const field of this.fields) {
      byNumber[field.number] = field
      const snake = field.name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
      for (const name of new Set([field.name, snake])) {
        this.#byLength[name.length] ??= []
        this.#byLength[name.length]!.push({ name: Buffer.from(name), field })
      }
    }
    this.byNumber = byNumber
  }

  /** The field with the name that stands in `bytes[offset..end]`. */
  find(bytes: Buffer, offset: number, end: number): JsonField | undefined {
    const candidates = this.#byLength[end - offset]
    if (candidates === undefined) return undefined
    for (const { name, field } of candidates) {
      let i = 0
      while (i < name.length && name[i] === bytes[offset + i]) i++
      if (i === name.length) return field
    }
    return undefined
  }
}
