import { FileQueue } from '../src/queue/file-queue.ts'

/** The queue on disk as an exporter has it by default, but for its capacity. */
export function createFileQueue(directory: string, capacityBytes: number): FileQueue {
  return new FileQueue({
    name: 'bench',
    directory,
    sizer: 'bytes',
    capacity: capacityBytes,
    overflow: 'block',
    segmentBytes: 16 * 1024 ** 2,
    memoryBytes: 32 * 1024 ** 2,
    sync: true,
    events: {
      trouble: (message, fields) => console.error(message, fields),
      dropped: () => {},
      keptAfterAll: () => {},
    },
  })
}
