import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OpenFile } from '../log/files.ts'
import { encodeFiller, RECORD_ALIGN_BYTES } from '../log/record.ts'
import { encodeSegmentHeader } from '../log/segment-header.ts'
import type { QueueFiles } from './read-queue.ts'
import { type Damage, verifyQueue } from './verify-queue.ts'

/** What a repair has done about one damage. */
export interface Repair extends Damage {
  /** Where the damaged bytes are now. */
  readonly saved: string
}

/**
 * Makes a queue whole again: damaged bytes are saved beside it, in the folder `damaged`, and a
 * filler takes their place; headers are written anew. Nobody may have the queue open.
 */
export async function repairQueue(queue: QueueFiles): Promise<Repair[]> {
  const { damages } = await verifyQueue(queue)
  const repairs: Repair[] = []
  for (const damage of damages) {
    const file = await queue.folder.openSegment(damage.segment, 'write')
    try {
      const saved = await save(queue, file, damage)
      if (damage.batches === 0) await writeHeader(queue, file, damage)
      else await writeFiller(queue, file, damage)
      await file.sync()
      repairs.push({ ...damage, saved })
    } finally {
      await file.close()
    }
  }
  return repairs
}

async function save({ folder }: QueueFiles, file: OpenFile, damage: Damage): Promise<string> {
  const bytes = Buffer.alloc(damage.bytes)
  await file.read(bytes, damage.offset)
  const name = `segment-${damage.segment}-at-${damage.offset}.bin`
  await mkdir(join(folder.path, 'damaged'), { recursive: true, mode: 0o700 })
  const path = join(folder.path, 'damaged', name)
  await writeFile(path, bytes, { mode: 0o600, flush: true })
  return path
}

async function writeHeader(queue: QueueFiles, file: OpenFile, { segment }: Damage): Promise<void> {
  const { totals } = queue.segments.find(segment)!.begin
  const { queueId } = queue.journal
  const header = { number: segment, totals, createdAtUnixMs: Date.now(), queueId }
  await file.write([encodeSegmentHeader(header)], 0)
}

async function writeFiller({ salt }: QueueFiles, file: OpenFile, damage: Damage): Promise<void> {
  const { offset, bytes, nextSequence } = damage
  const content = Buffer.alloc(bytes - (bytes % RECORD_ALIGN_BYTES))
  await file.read(content, offset)
  await file.write([encodeFiller(content, nextSequence - 1, salt)], offset)
}
