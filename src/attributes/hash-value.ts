import { hash } from 'node:crypto'
import { type AnyValue, readAnyValue } from '../batch/any-value.ts'
import { anyValueText } from '../batch/any-value-text.ts'

const STRING_TAG = 0x0a

/**
 * SHA-256 in hex of the AnyValue message in `bytes[offset..end]`, as the Collector's `hash` action
 * gives it: of a string's bytes, of 1 or 0 in one byte for a bool, of 8 little-endian bytes for
 * numbers; '' for an empty string. Bytes are hashed as they are, arrays and maps as their JSON text
 * (the Collector makes '' of them).
 */
export function hashAnyValue(bytes: Buffer, offset: number, end: number): string {
  // Fast path: a string under 128 bytes. Its bytes are hashed even where they are not UTF-8.
  const start = offset + 2
  if (bytes[offset] === STRING_TAG && start <= end && start + bytes[offset + 1]! === end) {
    return start === end ? '' : hash('sha256', bytes.subarray(start, end), 'hex')
  }
  const hashed = hashedBytes(readAnyValue(bytes, offset, end))
  return hashed.length === 0 ? '' : hash('sha256', hashed, 'hex')
}

function hashedBytes(value: AnyValue): string | Uint8Array {
  switch (typeof value) {
    case 'boolean':
      return Uint8Array.of(value ? 1 : 0)
    case 'bigint': {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(value)
      return bytes
    }
    case 'number': {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleLE(value)
      return bytes
    }
    default:
      return value instanceof Uint8Array ? value : anyValueText(value)
  }
}
