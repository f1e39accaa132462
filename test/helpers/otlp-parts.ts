import { Writer } from '../../src/wire/writer.ts'

/** Length-delimited field with this tag byte. */
export function field(tag: number, ...payload: readonly (Uint8Array | string)[]): Buffer {
  const out = new Writer()
  out.lengthDelimited(tag, Buffer.concat(payload.map(part => Buffer.from(part))))
  return out.finish()
}

/** An ExportLogsServiceRequest with one record made of these field bytes. */
export function requestWithRecord(...fields: readonly Uint8Array[]): Buffer {
  return field(0x0a, field(0x12, field(0x12, ...fields)))
}
