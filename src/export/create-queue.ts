import { join, resolve } from 'node:path'
import type { Clock } from '../plugin/clock.ts'
import type { PluginContext } from '../plugin/component.ts'
import type { QueueStorage } from '../plugin/queue-storage.ts'
import type { WorkerPlace } from '../plugin/worker-place.ts'
import { FileQueue } from '../queue/file-queue.ts'
import { MemoryQueue } from '../queue/memory-queue.ts'
import type { Overflow, Queue } from '../queue/queue.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import type { SendingQueueConfig } from './config.ts'

interface CreateQueueOptions {
  readonly context: PluginContext
  readonly clock: Clock
  /** By the id of their extension. */
  readonly storages?: ReadonlyMap<string, QueueStorage> | undefined
  /** Absent: the process is the only one. */
  readonly worker?: WorkerPlace | undefined
  readonly dropped: (reason: string, records: number) => void
  readonly keptAfterAll: (records: number) => void
}

/**
 * The queue that `sending_queue` asks for, not started yet.
 * @throws Error when its storage is not there.
 */
export function createQueue(config: SendingQueueConfig, options: CreateQueueOptions): Queue {
  const { context, clock, dropped, keptAfterAll } = options
  const base = {
    name: context.id,
    sizer: config.sizer,
    capacity: config.queue_size,
    overflow: overflowOf(config),
    clock,
  }
  const storage = storageOf(config, options)
  if (storage === undefined) {
    const onDropped = (records: number): void => dropped('queue_overflow', records)
    return new MemoryQueue({ ...base, onDropped })
  }
  const log = new RepeatedLog(context.logger)
  return new FileQueue({
    ...base,
    directory: storage.directory,
    segmentBytes: config.segment_size,
    memoryBytes: config.memory_size,
    sync: storage.fsync,
    events: {
      trouble: (message, fields) => log.log('error', message, fields, message),
      dropped,
      keptAfterAll,
    },
  })
}

/** A worker's own folder in the directory of a queue. */
export const WORKER_FOLDER = /^worker-([1-9]\d*)$/

/**
 * The directory of an exporter's queue on disk; undefined when it has none. The first of several
 * workers has the one that a single process would have, the others have one each in it.
 */
export function storageOf(
  config: SendingQueueConfig,
  {
    context,
    storages,
    worker,
  }: Pick<CreateQueueOptions, 'storages' | 'worker'> & {
    readonly context: Pick<PluginContext, 'id'>
  },
): QueueStorage | undefined {
  const { storage, directory } = config
  if (storage === undefined) return undefined
  const folder = worker === undefined || worker.index === 0 ? '' : `worker-${worker.index}`
  if (directory !== undefined) return { directory: resolve(join(directory, folder)), fsync: true }
  const named = storages?.get(storage)
  if (named === undefined) throw new Error(`sending_queue::storage ${storage} is not configured`)
  const own = `exporter_${context.id.replaceAll('/', '_')}`
  return { ...named, directory: resolve(join(named.directory, own, folder)) }
}

function overflowOf({ overflow, block_on_overflow: blocks }: SendingQueueConfig): Overflow {
  return overflow ?? (blocks ? 'block' : 'refuse')
}
