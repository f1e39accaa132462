import type { CopyWriter } from './copy-writer.ts'

/** From 1970-01-01 to 2000-01-01, PostgreSQL's epoch, in microseconds, as two halves. */
const EPOCH_MICROS = 946_684_800_000_000n
const EPOCH_LOW = Number(EPOCH_MICROS & 0xffffffffn)
const EPOCH_HIGH = Number(EPOCH_MICROS >> 32n)

/**
 * Writes nanoseconds since 1970, given as halves, as two fields: a timestamptz, which has
 * microseconds, and a smallint with the nanoseconds that are left, 0 to 999. The 64 bits are read as
 * two's complement, so that times before 1970, which some senders write so, come out right; every
 * such time is one that PostgreSQL has.
 */
export function writeTime(out: CopyWriter, low: number, high: number): void {
  out.reserve(18)
  const { view, pos } = out
  // Long division by 1000 in digits of 2^32: every number here is below 2^53.
  const signed = high | 0
  const quotient = Math.floor(signed / 1000)
  const rest = (signed - quotient * 1000) * 2 ** 32 + low
  const micros = Math.floor(rest / 1000)
  const borrow = micros < EPOCH_LOW ? 1 : 0
  view.setInt32(pos, 8)
  view.setInt32(pos + 4, quotient - EPOCH_HIGH - borrow)
  view.setInt32(pos + 8, micros - EPOCH_LOW)
  view.setInt32(pos + 12, 2)
  view.setInt16(pos + 16, rest - micros * 1000)
  out.pos = pos + 18
}
