/** Protobuf by hand, so that tests can write what no encoder would. */

export function varint(value: bigint | number, padding = 0): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  // A longer form of the same number, as far as ten bytes go.
  for (let i = 0; i < padding && bytes.length < 10; i++) {
    bytes[bytes.length - 1]! |= 0x80
    bytes.push(0)
  }
  return Buffer.from(bytes)
}

export function tag(field: number, wireType: number): Buffer {
  return varint((BigInt(field) << 3n) | BigInt(wireType))
}

/** A length-delimited field: a string, bytes or a message given as its fields. */
export function len(field: number, payload: string | Buffer | Buffer[], padding = 0): Buffer {
  const bytes = Array.isArray(payload) ? Buffer.concat(payload) : Buffer.from(payload)
  return Buffer.concat([tag(field, 2), varint(bytes.length, padding), bytes])
}

export function int(field: number, value: bigint | number, padding = 0): Buffer {
  return Buffer.concat([tag(field, 0), varint(value, padding)])
}

export function fixed64(field: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return Buffer.concat([tag(field, 1), bytes])
}

export function fixed32(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return Buffer.concat([tag(field, 5), bytes])
}

export function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([tag(field, 1), bytes])
}

/** An ExportLogsServiceRequest of one resource, one scope and these records. */
export function request(...records: (Buffer | Buffer[])[]): Buffer {
  return len(1, [
    len(
      2,
      records.map(record => len(2, record)),
    ),
  ])
}
