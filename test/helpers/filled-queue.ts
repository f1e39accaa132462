import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { FileQueue } from '../../src/queue/file-queue.ts'
import { type Lot, type QueueItem, wholeLot } from '../../src/queue/queue.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { tempFolder } from './temp-folder.ts'
import { NEVER } from './verdict.ts'

export interface FilledQueue {
  readonly directory: string
  readonly queue: FileQueue
  /** Takes the next batch and begins to send it. */
  readonly begin: () => Promise<Lot>
}

/** A real queue with one batch for each of `batches`, in segments of 64 KiB. */
export async function filledQueue(
  t: ExecutionContext,
  batches: readonly (readonly string[])[],
): Promise<FilledQueue> {
  const directory = join(await tempFolder(t), 'queue')
  const queue = new FileQueue({
    name: 'otlp',
    directory,
    sizer: 'bytes',
    capacity: 1e9,
    overflow: 'refuse',
    segmentBytes: 65_536,
    memoryBytes: 1e6,
    sync: true,
    events: { trouble: () => {}, dropped: () => {}, keptAfterAll: () => {} },
  })
  await queue.start()
  t.teardown(() => queue.stop())
  for (const bodies of batches) await queue.offer(sampleLogs(bodies), NEVER)
  const begin = async (): Promise<Lot> => {
    const item: QueueItem | undefined = await queue.take(NEVER)
    const lot = wholeLot(item!)
    await queue.begin(lot)
    return lot
  }
  return { directory, queue, begin }
}

/** Changes one byte of a file. */
export async function flipByte(path: string, offset: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, offset)
    byte[0]! ^= 0x40
    await file.write(byte, 0, 1, offset)
  } finally {
    await file.close()
  }
}
