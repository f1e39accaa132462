import {
  type Batcher,
  type Clock,
  type Consumer,
  createBatcher,
  type LogBatch,
  PipelineError,
  type PluginContext,
  type Processor,
} from '#core'
import type { BatchProcessorConfig } from './config.ts'

/** Batches on their way at the same time, for each combination of metadata. */
const CONSUMERS = 10
/** Memory held for each combination of metadata; senders wait for room. */
const BYTES_MAX = 128 * 1024 ** 2

interface Group {
  readonly batcher: Batcher
  readonly started: Promise<void>
}

/**
 * Joins small batches into larger ones. `consume` settles with the verdict on the batches that the
 * sender's records went into, so nothing is acknowledged before a later stage has it.
 */
export class BatchProcessor implements Processor {
  readonly #config: BatchProcessorConfig
  readonly #context: PluginContext
  readonly #next: Consumer
  readonly #clock: Clock | undefined
  /** One batcher for each combination of the metadata keys' values. */
  readonly #groups = new Map<string, Group>()
  #stopped = false

  constructor(config: BatchProcessorConfig, context: PluginContext, next: Consumer, clock?: Clock) {
    this.#config = config
    this.#context = context
    this.#next = counted(next, config, context)
    this.#clock = clock
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    if (batch.count === 0) return
    const { batcher, started } = this.#group(batch)
    // Awaited by all alike, so that nobody overtakes the first.
    await started
    await batcher.consume(batch, signal)
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopped = true
    const groups = [...this.#groups.values()]
    await Promise.all(groups.map(async ({ batcher }) => await batcher.stop?.(deadline)))
  }

  #group(batch: LogBatch): Group {
    const { metadata_keys: keys, metadata_cardinality_limit: limit } = this.#config
    const key = JSON.stringify(keys.map(name => batch.context.metadata?.get(name) ?? []))
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    if (this.#stopped) {
      throw PipelineError.retryable('shutting down', { reason: 'shutting_down' })
    }
    if (this.#groups.size >= limit) {
      throw PipelineError.retryable(
        `more than ${limit} different values of ${keys.join(', ')}: raise metadata_cardinality_limit of ${this.#context.id}`,
        { code: 'resource_exhausted', reason: 'metadata_cardinality', retryAfterMs: 1000 },
      )
    }
    const batcher = this.#create()
    const group = { batcher, started: batcher.start?.() ?? Promise.resolve() }
    this.#groups.set(key, group)
    return group
  }

  #create(): Batcher {
    const { timeout, send_batch_size, send_batch_max_size } = this.#config
    return createBatcher(this.#next, {
      batch: {
        flush_timeout: timeout,
        min_size: timeout === 0 ? 0 : send_batch_size,
        max_size: send_batch_max_size,
        sizer: 'items',
      },
      consumers: CONSUMERS,
      bytesMax: BYTES_MAX,
      context: this.#context,
      ...(this.#clock === undefined ? {} : { clock: this.#clock }),
    })
  }
}

function counted(
  next: Consumer,
  { send_batch_size: size }: BatchProcessorConfig,
  { id, metrics }: PluginContext,
): Consumer {
  const records = metrics.batchSendSize.labels(id)
  const full = metrics.batchSizeTrigger.labels(id)
  const due = metrics.batchTimeoutTrigger.labels(id)
  return {
    consume: (batch, signal) => {
      records.observe(batch.count)
      if (batch.count >= size) full.inc()
      else due.inc()
      return next.consume(batch, signal)
    },
  }
}
