import { join, resolve } from 'node:path'
import type { Clock } from '../plugin/clock.ts'
import type { PluginContext } from '../plugin/component.ts'
import type { QueueStorage } from '../plugin/queue-storage.ts'
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

/** The directory of an exporter's queue on disk; undefined when it has none. */
export function storageOf(
  config: SendingQueueConfig,
  {
    context,
    storages,
  }: Pick<CreateQueueOptions, 'storages'> & { readonly context: Pick<PluginContext, 'id'> },
): QueueStorage | undefined {
  const { storage, directory } = config
  if (storage === undefined) return undefined
  if (directory !== undefined) return { directory: resolve(directory), fsync: true }
  const named = storages?.get(storage)
  if (named === undefined) throw new Error(`sending_queue::storage ${storage} is not configured`)
  const folder = `exporter_${context.id.replaceAll('/', '_')}`
  return { ...named, directory: resolve(join(named.directory, folder)) }
}

function overflowOf({ overflow, block_on_overflow: blocks }: SendingQueueConfig): Overflow {
  return overflow ?? (blocks ? 'block' : 'refuse')
}
