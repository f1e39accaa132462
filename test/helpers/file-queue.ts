import { FileQueue, type FileQueueOptions } from '../../src/queue/file-queue.ts'
import { type Lot, type QueueItem, wholeLot } from '../../src/queue/queue.ts'
import { ManualClock } from '../../src/testing/manual-clock.ts'
import { bodiesOf, sampleLogs } from '../../src/testing/sample-logs.ts'
import { CrashFiles } from './crash-files.ts'
import { NEVER, type Verdict, watch } from './verdict.ts'

/* A queue on disk with everything that a test wants to see of it. */

export interface TestQueue {
  readonly queue: FileQueue
  readonly clock: ManualClock
  readonly files: CrashFiles
  readonly troubles: string[]
  /** `reason records` */
  readonly dropped: string[]
  readonly offer: (body: string, signal?: AbortSignal) => Verdict
  /** Offers one after the other; throws unless all are taken. */
  readonly offerAll: (...bodies: string[]) => Promise<void>
  readonly take: () => Promise<QueueItem>
  /** Takes, begins and finishes everything that is there; gives the bodies. */
  readonly drain: () => Promise<string[]>
  /** Lots that an earlier process had begun. */
  readonly resumeAll: () => Promise<Lot[]>
}

export function createTestQueue(options: Partial<FileQueueOptions> = {}): TestQueue {
  const clock = new ManualClock()
  const troubles: string[] = []
  const dropped: string[] = []
  const files = (options.files as CrashFiles | undefined) ?? new CrashFiles()
  const queue = new FileQueue({
    name: 'otlp',
    directory: '/q',
    sizer: 'bytes',
    capacity: 1e9,
    overflow: 'refuse',
    segmentBytes: 2048,
    memoryBytes: 1e6,
    sync: true,
    clock,
    files,
    events: {
      trouble: message => troubles.push(message),
      dropped: (reason, records) => dropped.push(`${reason} ${records}`),
      keptAfterAll: () => {},
    },
    ...options,
  })
  const take = async (): Promise<QueueItem> => {
    const item = await queue.take(NEVER)
    if (item === undefined) throw new Error('the queue is closed')
    return item
  }
  return {
    queue,
    clock,
    files,
    troubles,
    dropped,
    offer: (body, signal = NEVER) => watch(queue.offer(sampleLogs(body.split(',')), signal)),
    offerAll: async (...bodies) => {
      for (const body of bodies) await queue.offer(sampleLogs(body.split(',')), NEVER)
    },
    take,
    drain: async () => {
      const seen: string[] = []
      while (queue.stats().requests > 0) {
        const item = await take()
        const lot = wholeLot(item)
        seen.push(...bodiesOfLot(lot))
        await queue.begin(lot)
        queue.done(lot)
      }
      return seen
    },
    resumeAll: async () => {
      const lots: Lot[] = []
      for (let lot = await queue.resume(); lot; lot = await queue.resume()) lots.push(lot)
      return lots
    },
  }
}

/** Opens a queue over these files, as the next process does. */
export async function openTestQueue(options: Partial<FileQueueOptions> = {}): Promise<TestQueue> {
  const opened = createTestQueue(options)
  await opened.queue.start()
  return opened
}

export function bodiesOfLot({ parts }: Lot): string[] {
  return parts.flatMap(({ item, from, to }) => bodiesOf(item.batch).slice(from, to))
}
