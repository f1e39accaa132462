/*
 * Times of records, as nanoseconds since the epoch split into two halves of 32 bits: a double cannot
 * hold them, and a BigInt for each record would be garbage on the hot path.
 */

/** A time as its halves; one object is filled again and again. */
export interface NanoTime {
  low: number
  high: number
}

/** From here on nanoseconds do not fit a signed 64-bit integer: 2262-04-11T23:47:16Z. */
const SECONDS_END = 9_223_372_036
const NANOS_A_SECOND = 1_000_000_000

/** `seconds` and `nanos` below a second into halves; false when the time is out of range. */
export function setTime(time: NanoTime, seconds: number, nanos: number): boolean {
  if (!(seconds >= 0 && seconds < SECONDS_END)) return false
  // seconds * 1e9 in two steps that both stay below 2^53: high part * 2^18 + low part.
  const upper = Math.floor(seconds / 0x40000) * NANOS_A_SECOND
  const lower = (seconds % 0x40000) * NANOS_A_SECOND + nanos
  const low = (upper % 0x4000) * 0x40000 + (lower % 0x100000000)
  time.low = low >>> 0
  time.high =
    Math.floor(upper / 0x4000) + Math.floor(lower / 0x100000000) + Math.floor(low / 0x100000000)
  return true
}

/**
 * Reads an epoch in seconds, milliseconds, microseconds or nanoseconds from decimal digits with an
 * optional fraction. Its magnitude tells the unit: values below 1e11 are seconds (until the year
 * 5138), below 1e14 milliseconds, below 1e17 microseconds. Every digit counts, down to the
 * nanosecond. False for anything else.
 */
export function parseEpoch(time: NanoTime, bytes: Buffer, offset: number, end: number): boolean {
  let pos = offset
  while (pos < end && isDigit(bytes[pos]!)) pos++
  const whole = pos - offset
  if (whole === 0 || whole > 19) return false
  const fraction = pos
  if (pos < end) {
    if (bytes[pos] !== DOT || pos + 1 === end) return false
    for (pos++; pos < end; pos++) if (!isDigit(bytes[pos]!)) return false
  }
  // 11 digits or fewer are seconds; three more digits for each smaller unit.
  const decimals = whole <= 11 ? 0 : whole <= 14 ? 3 : whole <= 17 ? 6 : 9
  const seconds = digits(bytes, offset, offset + whole - decimals)
  let nanos = digits(bytes, offset + whole - decimals, offset + whole)
  let missing = 9 - decimals
  for (pos = fraction + 1; missing > 0; pos++, missing--) {
    nanos = nanos * 10 + (pos < end ? bytes[pos]! - 0x30 : 0)
  }
  return setTime(time, seconds, nanos)
}

/**
 * Reads ISO 8601 as loggers write it: `2025-11-26T17:18:27.123456789Z`; a space or `t` for the `T`,
 * a comma for the dot, `+hh:mm`, `+hhmm` or `+hh` for the `Z`; without a zone it is UTC, and a date
 * alone is its first moment. False for anything else, and for days that do not exist.
 */
export function parseIsoTime(time: NanoTime, bytes: Buffer, offset: number, end: number): boolean {
  const date = dateOf(bytes, offset, end)
  if (!(date >= 0)) return false
  if (end === offset + 10) return setTime(time, date, 0)
  const clock = offset + 11
  const separator = bytes[offset + 10]!
  const isSeparator = (separator | 0x20) === 0x74 || separator === SPACE
  if (!isSeparator || end < clock + 5) return false
  const hour = pair(bytes, clock, end)
  const minute = bytes[clock + 2] === COLON ? pair(bytes, clock + 3, end) : Number.NaN
  let pos = clock + 5
  let second = 0
  let nanos = 0
  if (pos < end && bytes[pos] === COLON) {
    second = pair(bytes, pos + 1, end)
    pos += 3
    if (pos < end && (bytes[pos] === DOT || bytes[pos] === COMMA)) {
      const start = ++pos
      let scale = NANOS_A_SECOND
      for (; pos < end && isDigit(bytes[pos]!); pos++) {
        scale /= 10
        if (scale >= 1) nanos += (bytes[pos]! - 0x30) * scale
      }
      if (pos === start) return false
    }
  }
  // A leap second is the last moment of its minute: the epoch does not count it.
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return false
  const zone = zoneMinutes(bytes, pos, end)
  const seconds = date + hour * 3600 + (minute - zone) * 60 + Math.min(second, 59)
  return Number.isNaN(zone) ? false : setTime(time, seconds, nanos)
}

const SPACE = 0x20
const COMMA = 0x2c
const DOT = 0x2e
const COLON = 0x3a

/** Seconds from the epoch to the day written as YYYY-MM-DD; NaN when there is no such day. */
function dateOf(bytes: Buffer, at: number, end: number): number {
  if (end < at + 10 || bytes[at + 4] !== 0x2d || bytes[at + 7] !== 0x2d) return Number.NaN
  const year = pair(bytes, at, end) * 100 + pair(bytes, at + 2, end)
  const month = pair(bytes, at + 5, end)
  const day = pair(bytes, at + 8, end)
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (day > DAYS_IN_MONTH[month - 1]! + (month === 2 && isLeap ? 1 : 0)) return Number.NaN
  const before = year - 1
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  const inYear = DAYS_BEFORE_MONTH[month - 1]! + (month > 2 && isLeap ? 1 : 0) + day - 1
  return ((year - 1970) * 365 + leapDays - LEAP_DAYS_BEFORE_1970 + inYear) * 86_400
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const LEAP_DAYS_BEFORE_1970 = 477

/** Minutes east of UTC; NaN when the rest is no zone. */
function zoneMinutes(bytes: Buffer, at: number, end: number): number {
  if (at === end) return 0
  const sign = bytes[at]
  if (sign === 0x5a || sign === 0x7a) return at + 1 === end ? 0 : Number.NaN
  if (sign !== 0x2b && sign !== 0x2d) return Number.NaN
  const hours = pair(bytes, at + 1, end)
  const next = bytes[at + 3] === COLON ? at + 4 : at + 3
  const minutes = at + 3 === end ? 0 : pair(bytes, next, end)
  if (!(hours <= 23 && minutes <= 59) || (at + 3 !== end && next + 2 !== end)) return Number.NaN
  return (sign === 0x2b ? 1 : -1) * (hours * 60 + minutes)
}

/** The number in two digits; NaN when they are none. */
function pair(bytes: Buffer, at: number, end: number): number {
  if (at + 2 > end || !isDigit(bytes[at]!) || !isDigit(bytes[at + 1]!)) return Number.NaN
  return (bytes[at]! - 0x30) * 10 + bytes[at + 1]! - 0x30
}

function digits(bytes: Buffer, offset: number, end: number): number {
  let value = 0
  for (let pos = offset; pos < end; pos++) value = value * 10 + bytes[pos]! - 0x30
  return value
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
