import type { AnyValue } from '../batch/any-value.ts'
import type { Writer } from '../wire/writer.ts'

/** Writes the fields of an AnyValue message: nothing at all for `undefined`. */
export function writeAnyValue(out: Writer, value: AnyValue): void {
  switch (typeof value) {
    case 'undefined':
      return
    case 'string':
      out.string(0x0a, value)
      return
    case 'boolean':
      out.varint(0x10)
      out.varint(value ? 1 : 0)
      return
    case 'bigint':
      out.varint(0x18)
      out.varint64(value)
      return
    case 'number':
      out.varint(0x21)
      out.double(value)
      return
    default:
  }
  if (value instanceof Uint8Array) out.lengthDelimited(0x3a, value)
  else if (Array.isArray(value)) {
    out.message(0x2a, () => {
      for (const inner of value) out.message(0x0a, () => writeAnyValue(out, inner))
    })
  } else {
    out.message(0x32, () => {
      for (const [key, inner] of value) writeKeyValue(out, 0x0a, key, inner)
    })
  }
}

/** Writes one KeyValue as the field with this tag. */
export function writeKeyValue(out: Writer, tag: number, key: string, value: AnyValue): void {
  out.message(tag, () => {
    out.string(0x0a, key)
    out.message(0x12, () => writeAnyValue(out, value))
  })
}
