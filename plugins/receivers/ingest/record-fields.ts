import type { Writer } from '#core'
import { type NotedField, textOf } from './noted-field.ts'
import { SCALE_RULES, type SeverityScale, severityOfName, severityOfNumber } from './severity.ts'
import { type NanoTime, parseEpoch, parseIsoTime } from './timestamp.ts'

const TIME_RULE =
  'must be an ISO 8601 time such as 2025-11-26T17:18:27Z or an epoch in s, ms, us or ns, from 1970 to 2262'

/**
 * Reads and writes the fields of a LogRecord that have a form of their own. Every method takes a
 * noted field, set or not, and answers with the rule that it breaks, or ''.
 */
export class RecordFields {
  /** The time of receipt. */
  now: NanoTime = { low: 0, high: 0 }
  readonly #out: Writer
  readonly #scale: SeverityScale
  readonly #time: NanoTime = { low: 0, high: 0 }

  constructor(out: Writer, scale: SeverityScale) {
    this.#out = out
    this.#scale = scale
  }

  /** time_unix_nano, which is the time of receipt when the record has none, and that of receipt. */
  time(field: NotedField): string {
    const isGiven = field.isSet && !field.isEmptyText
    if (isGiven && !this.#readTime(field)) return TIME_RULE
    this.#writeTime(0x09, isGiven ? this.#time : this.now)
    this.#writeTime(0x59, this.now)
    return ''
  }

  /** severity_number, and severity_text as it was given. */
  severity(field: NotedField): string {
    if (!field.isSet || field.isEmptyText) return ''
    const out = this.#out
    const { bytes, offset, end } = field.text
    const named = field.kind === 'string' ? severityOfName(bytes, offset, end) : 0
    const severity = named || this.#numbered(field)
    if (severity === 0) {
      const numbers = SCALE_RULES[this.#scale]
      return `must be a usual name such as info, warn or error, or ${numbers}`
    }
    out.varint(0x10)
    out.varint(severity)
    if (named > 0) out.lengthDelimited(0x1a, bytes, offset, end)
    return ''
  }

  /** trace_id or span_id; false when it is not `size` bytes in hex, or all zero. */
  readId(field: NotedField, size: 16 | 8): boolean {
    const { bytes, offset, end } = field.text
    if (field.kind !== 'string' || end - offset !== size * 2) return false
    const out = this.#out
    const start = out.pos
    out.varint(size === 16 ? 0x4a : 0x52)
    out.varint(size)
    out.reserve(size)
    let any = 0
    for (let pos = offset; pos < end; pos += 2) {
      const value = (HEX_DIGITS[bytes[pos]!]! << 4) | HEX_DIGITS[bytes[pos + 1]!]!
      if (value < 0) any = 0
      if (value < 0) break
      any |= value
      out.bytes[out.pos++] = value
    }
    if (any === 0) out.pos = start
    return any !== 0
  }

  #numbered(field: NotedField): number {
    if (field.kind === 'other') return 0
    const text = textOf(field.text)
    return DECIMAL.test(text) ? severityOfNumber(Number(text), this.#scale) : 0
  }

  #readTime({ kind, text }: NotedField): boolean {
    const { bytes, offset, end } = text
    if (kind === 'other') return false
    if (kind === 'string' && parseIsoTime(this.#time, bytes, offset, end)) return true
    if (parseEpoch(this.#time, bytes, offset, end)) return true
    // Such as 1.7641e9, which some encoders write: a double, so good to the microsecond at best.
    const value = end - offset <= 32 ? Number(bytes.toString('latin1', offset, end)) : Number.NaN
    if (kind === 'string' || !(value >= 0 && value < 1e19)) return false
    const plain = Buffer.from(value.toFixed(6))
    return parseEpoch(this.#time, plain, 0, plain.length)
  }

  #writeTime(tag: number, { low, high }: NanoTime): void {
    const out = this.#out
    out.varint(tag)
    out.fixed32(low)
    out.fixed32(high)
  }
}

const DECIMAL = /^\d{1,2}$/

/** Value of each hex digit by its code, -1 for every other byte. */
const HEX_DIGITS = Int8Array.from({ length: 256 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(digit) ? -1 : digit
})
