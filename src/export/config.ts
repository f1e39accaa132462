import { z } from 'zod'
import { byteSize, type DurationField, duration } from '../config/fields.ts'

/*
 * The keys that every sending exporter shares, with the Collector's names (exporterhelper). Where a
 * default differs from the Collector's, it is the safer one, and the description says so.
 */

const SIZERS = ['requests', 'items', 'bytes'] as const
const OVERFLOWS = ['refuse', 'block', 'drop_oldest'] as const
const SEGMENT_BYTES_MIN = 64 * 1024
const SEGMENT_BYTES_MAX = 1024 ** 3

const batchConfig = z.strictObject({
  flush_timeout: duration('Longest wait for a batch to fill.', '200ms'),
  min_size: z
    .number()
    .int()
    .nonnegative()
    .default(8192)
    .meta({ description: 'Send as soon as this much is waiting, counted by `sizer`.' }),
  max_size: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .meta({ description: 'Never send more than this at once; 0 = no bound.' }),
  sizer: z
    .enum(['items', 'bytes'])
    .default('items')
    .meta({ description: 'What min_size and max_size count: log records or bytes.' }),
})

const adaptiveConcurrencyConfig = z.strictObject({
  enabled: z.boolean().default(true).meta({
    description: 'false: always up to num_consumers at the same time.',
  }),
  decrease_ratio: z.number().gt(0).lt(1).default(0.9).meta({
    description: 'The limit is multiplied by it when the destination slows down or refuses.',
  }),
  ewma_alpha: z.number().gt(0).lt(1).default(0.4).meta({
    description: 'Weight of the newest round trip in the moving average.',
  }),
  rtt_deviation_scale: z.number().min(0).default(2.5).meta({
    description: 'How many standard deviations longer than usual a round trip is too long.',
  }),
})

const sendingQueueFields = z.strictObject({
  enabled: z.boolean().default(true).meta({
    description: 'false: no queue; the sender waits for the destination itself.',
  }),
  num_consumers: z.number().int().min(1).max(1000).default(10).meta({
    description: 'Most batches sent at the same time.',
  }),
  adaptive_concurrency: adaptiveConcurrencyConfig.prefault({}).meta({
    description: 'Fewer than num_consumers while the destination is slow or refuses.',
  }),
  wait_for_result: z.boolean().default(false).meta({
    description: 'Acknowledge only when the destination has confirmed. Not with `storage`.',
  }),
  block_on_overflow: z.boolean().default(false).meta({
    description: 'Wait for room instead of refusing when the queue is full.',
  }),
  overflow: z.enum(OVERFLOWS).optional().meta({
    description:
      'When the queue is full: refuse (the sender tries again), block (the sender waits), drop_oldest (acknowledged records are lost, and counted). Absent: as block_on_overflow says.',
  }),
  sizer: z.enum(SIZERS).default('bytes').meta({
    description: 'What queue_size counts. The Collector counts requests; bytes bound the memory.',
  }),
  queue_size: byteSize(
    'Capacity, counted by `sizer`: of memory or, with `storage`, of disk.',
    '128MiB',
  ),
  storage: z.string().min(1).optional().meta({
    description:
      'Where the queue lives: absent = memory, file = in `directory`, or the id of a file_storage extension.',
  }),
  directory: z.string().min(1).optional().meta({
    description: 'With `storage: file`: a directory for this queue alone; made if missing.',
  }),
  segment_size: byteSize('With `storage`: size of the files.', '16MiB'),
  memory_size: byteSize(
    'With `storage`: most bytes kept in memory to be sent without reading them back.',
    '32MiB',
  ),
  batch: batchConfig.optional().meta({
    description: 'Join small batches inside the queue; absent = send as received.',
  }),
})

const sendingQueueConfig = sendingQueueFields.superRefine((queue, context) => {
  const complain = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message })
  if (queue.storage !== undefined && queue.wait_for_result) {
    complain(
      'wait_for_result',
      'with storage, the queue on disk is what is acknowledged: remove wait_for_result or storage',
    )
  }
  if (queue.storage === 'file' && queue.directory === undefined) {
    complain(
      'storage',
      'storage: file needs a directory beside it, such as directory: .parsec/queue/NAME',
    )
  }
  if (queue.storage !== 'file' && queue.directory !== undefined) {
    complain('directory', 'directory goes with storage: file; a file_storage extension has its own')
  }
  if (queue.wait_for_result && queue.overflow === 'drop_oldest') {
    complain(
      'overflow',
      'with wait_for_result nothing in the queue is acknowledged, so nothing may be dropped: use refuse or block',
    )
  }
  if (queue.block_on_overflow && queue.overflow !== undefined && queue.overflow !== 'block') {
    complain('overflow', `block_on_overflow: true says block: remove one of the two`)
  }
  if (queue.segment_size < SEGMENT_BYTES_MIN || queue.segment_size > SEGMENT_BYTES_MAX) {
    complain('segment_size', 'is outside 64KiB to 1GiB')
  }
})

const retryConfig = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: 'Try again after a retryable failure.' }),
  initial_interval: duration('First wait.', '5s'),
  randomization_factor: z.number().min(0).max(1).default(0.5).meta({
    description: 'Each wait is multiplied by a random 1 +- this, so that clients spread out.',
  }),
  multiplier: z.number().min(1).default(1.5).meta({ description: 'Growth of the wait.' }),
  max_interval: duration('Longest wait.', '30s'),
  max_elapsed_time: duration(
    'Give up after this long; 0 = never. The Collector gives up after 300s and drops the data.',
    '0s',
  ),
})

export type BatchConfig = z.output<typeof batchConfig>
export type SendingQueueConfig = z.output<typeof sendingQueueConfig>
export type RetryConfig = z.output<typeof retryConfig>

/** The keys of the export chain, to be spread into an exporter's own config object. */
export function exportChainFields(timeoutDefault: string): ExportChainFields {
  return {
    timeout: duration('Longest time for one attempt; 0 = no bound.', timeoutDefault),
    sending_queue: sendingQueueConfig.prefault({}).meta({
      description: 'Decouples receiving from sending.',
    }),
    retry_on_failure: retryConfig.prefault({}).meta({ description: 'What to do after a failure.' }),
  }
}

interface ExportChainFields {
  readonly timeout: DurationField
  readonly sending_queue: z.ZodPrefault<typeof sendingQueueConfig>
  readonly retry_on_failure: z.ZodPrefault<typeof retryConfig>
}

/** What the export chain needs of an exporter's config. */
export interface ExportChainConfig {
  readonly timeout: number
  readonly sending_queue: SendingQueueConfig
  readonly retry_on_failure: RetryConfig
}
