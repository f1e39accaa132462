import type { FileHandle } from 'node:fs/promises'

/** How messages lie in the file: one a line, or each behind its length in 4 bytes, big-endian. */
export type Framing = 'line' | 'length'

const NEWLINE = Buffer.from('\n')
/** Read at once, so that small messages do not cost a read each. */
const CHUNK_BYTES = 65_536

/** The message as it lies in the file. */
export function frame(message: Buffer | string, framing: Framing): Buffer {
  const bytes = typeof message === 'string' ? Buffer.from(message) : message
  if (framing === 'line') return Buffer.concat([bytes, NEWLINE])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/**
 * Makes the end of a file fit to append to, after a crash in the middle of a write: a torn line is
 * ended. False: a torn message is at the end, so nothing that follows it could be read.
 */
export async function repairTail(
  file: FileHandle,
  size: number,
  framing: Framing,
): Promise<boolean> {
  if (size === 0) return true
  if (framing === 'length') return (await lastFrameEnd(file, size)) === size
  const last = Buffer.alloc(1)
  await file.read(last, 0, 1, size - 1)
  if (last[0] !== NEWLINE[0]) await file.write(NEWLINE)
  return true
}

/** Where the last whole message ends: hops from length to length. */
async function lastFrameEnd(file: FileHandle, size: number): Promise<number> {
  const chunk = Buffer.alloc(CHUNK_BYTES)
  let chunkStart = 0
  let chunkEnd = 0
  let pos = 0
  while (pos + 4 <= size) {
    if (pos + 4 > chunkEnd) {
      chunkStart = pos
      chunkEnd = pos + (await file.read(chunk, 0, CHUNK_BYTES, pos)).bytesRead
      if (pos + 4 > chunkEnd) break
    }
    const next = pos + 4 + chunk.readUInt32BE(pos - chunkStart)
    if (next > size) break
    pos = next
  }
  return pos
}
