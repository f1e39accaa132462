import {
  type Clock,
  type Consumer,
  type LogBatch,
  PipelineError,
  type PluginContext,
  type Processor,
  systemClock,
} from '#core'
import { BatchGroup, type Trigger } from './batch-group.ts'
import type { BatchProcessorConfig } from './config.ts'
import { Held } from './held.ts'
import { countOf, joinParts, type Part } from './join-parts.ts'
import { type Grouping, groupingOf } from './metadata-key.ts'

/** A share of held_bytes_max that one group may let wait: the rest is for what is on its way. */
const WAITING_SHARE = 0.25

/** Joins batches by size and time, and gives every sender the verdict on what it sent. */
export class BatchProcessor implements Processor {
  readonly #config: BatchProcessorConfig
  readonly #context: PluginContext
  readonly #next: Consumer
  readonly #clock: Clock
  readonly #keys: readonly string[]
  readonly #groups = new Map<string, BatchGroup>()
  readonly #sending = new Map<Promise<void>, AbortController>()
  #heldBytes = 0
  #stopping = false

  constructor(
    config: BatchProcessorConfig,
    context: PluginContext,
    next: Consumer,
    clock: Clock = systemClock,
  ) {
    this.#config = config
    this.#context = context
    this.#next = next
    this.#clock = clock
    this.#keys = config.metadata_keys.map(key => key.toLowerCase())
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    if (batch.count === 0) return
    if (this.#stopping) throw refusal('is stopping', 'shutting_down')
    const held = new Held(batch, signal)
    const grouping = groupingOf(batch.context, this.#keys)
    this.#checkLimits(held, grouping)
    this.#heldBytes += held.bytes
    const group = this.#group(grouping)
    try {
      if (!signal.aborted) group.add(held)
      this.#forgetIfEmpty(grouping, group)
      await held.verdict()
    } finally {
      this.#heldBytes -= held.bytes
      group.remove(held)
      this.#forgetIfEmpty(grouping, group)
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true
    for (const group of this.#groups.values()) group.flush('stop')
    this.#groups.clear()
    const abort = (): void => {
      for (const controller of this.#sending.values()) controller.abort()
    }
    if (deadline.aborted) abort()
    else deadline.addEventListener('abort', abort)
    while (this.#sending.size > 0) await Promise.all(this.#sending.keys())
    deadline.removeEventListener('abort', abort)
  }

  #checkLimits(held: Held, { key }: Grouping): void {
    const { held_bytes_max: bytesMax, metadata_cardinality_limit: groupsMax } = this.#config
    // One batch alone always passes: its size is the receiver's to limit.
    if (this.#heldBytes > 0 && this.#heldBytes + held.bytes > bytesMax) {
      throw refusal(
        `holds ${this.#heldBytes} bytes, held_bytes_max is ${bytesMax}`,
        'held_bytes_max',
      )
    }
    if (this.#groups.size >= groupsMax && !this.#groups.has(key)) {
      throw refusal(
        `holds ${this.#groups.size} combinations of metadata, metadata_cardinality_limit is ${groupsMax}`,
        'metadata_cardinality',
      )
    }
  }

  #group({ key, metadata }: Grouping): BatchGroup {
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const group = new BatchGroup({
      sendSize: this.#config.send_batch_size,
      timeoutMs: this.#config.timeout,
      sizeMax: this.#config.send_batch_max_size,
      bytesMax: this.#config.held_bytes_max * WAITING_SHARE,
      clock: this.#clock,
      send: (parts, trigger) => this.#send(parts, metadata, trigger),
    })
    this.#groups.set(key, group)
    this.#showCardinality()
    return group
  }

  /** A group costs nothing while nobody waits in it, so values may come and go without end. */
  #forgetIfEmpty({ key }: Grouping, group: BatchGroup): void {
    if (!group.isEmpty || this.#groups.get(key) !== group) return
    this.#groups.delete(key)
    this.#showCardinality()
  }

  #send(parts: readonly Part[], metadata: Grouping['metadata'], trigger: Trigger): void {
    this.#count(countOf(parts), trigger)
    const controller = new AbortController()
    const leave = abortWhenAllLeft(controller, parts)
    const sent = this.#deliver(parts, metadata, controller.signal).finally(() => {
      leave()
      this.#sending.delete(sent)
    })
    this.#sending.set(sent, controller)
  }

  async #deliver(
    parts: readonly Part[],
    metadata: Grouping['metadata'],
    signal: AbortSignal,
  ): Promise<void> {
    let error: PipelineError | undefined
    try {
      await this.#next.consume(joinParts(parts, metadata), signal)
    } catch (thrown) {
      error = PipelineError.from(thrown)
    }
    for (const { held } of parts) held.share.partDone(error)
  }

  #count(records: number, trigger: Trigger): void {
    const { id, metrics } = this.#context
    metrics.batchSendSize.labels(id).observe(records)
    if (trigger === 'size') metrics.batchSizeTrigger.labels(id).inc()
    else if (trigger === 'timeout') metrics.batchTimeoutTrigger.labels(id).inc()
  }

  #showCardinality(): void {
    const { id, metrics } = this.#context
    metrics.batchMetadataCardinality.labels(id).set(this.#groups.size)
  }
}

function refusal(what: string, reason: string): PipelineError {
  return PipelineError.retryable(`batch processor ${what}`, { reason, retryAfterMs: 1000 })
}

/** A batch that nobody waits for any more need not arrive: its senders will bring it again. */
function abortWhenAllLeft(controller: AbortController, parts: readonly Part[]): () => void {
  const signals = new Set(parts.map(part => part.held.signal))
  let waiting = 0
  const leave = (): void => {
    if (--waiting === 0) controller.abort()
  }
  for (const signal of signals) {
    if (signal.aborted) continue
    waiting++
    signal.addEventListener('abort', leave)
  }
  return () => {
    for (const signal of signals) signal.removeEventListener('abort', leave)
  }
}
