import {
  type Consumer,
  orAborted,
  type PluginContext,
  type ReplayCounts,
  type ReplayListener,
  type ReplayRange,
  type ReplayRequest,
  type SourceReplay,
} from '#core'
import {
  clusterId,
  createKafka,
  type FetchedRange,
  type KafkaClient,
  kafkaError,
  offsetsAt,
  PartitionReader,
  topicBounds,
} from '#core/kafka'
import type { KafkaReceiverConfig } from './config.ts'
import { createDispatcher } from './create-dispatcher.ts'
import type { Dispatcher, DispatchMeter } from './dispatcher.ts'
import { Pauses } from './pauses.ts'
import { type ReplayBatch, replayBatches } from './replay-batches.ts'
import { replayPlan } from './replay-plan.ts'

/**
 * Reads a range of a topic again, one batch after the other, beside the consumer group and unknown
 * to it. The batches are not those of the group, whose cuts nobody has written down, and so have
 * names of their own: `replay/NAME/CLUSTER/TOPIC/PARTITION/FROM-TO@TIME`.
 */
export class KafkaReplay implements SourceReplay {
  readonly #config: KafkaReceiverConfig
  readonly #context: PluginContext
  readonly #request: ReplayRequest
  readonly #kafka: KafkaClient
  readonly #dispatcher: Dispatcher
  readonly #meter = new ReplayMeter()
  #onTrouble: ReplayListener['onTrouble'] = () => {}

  /** @throws an Error that names the key when a TLS file is no good. */
  constructor(
    config: KafkaReceiverConfig,
    context: PluginContext,
    next: Consumer,
    request: ReplayRequest,
  ) {
    this.#config = config
    this.#context = context
    this.#request = request
    this.#kafka = createKafka(config, context.logger)
    this.#dispatcher = createDispatcher(config, context, next, {
      failsOnDead: true,
      onTrouble: (_, detail) => this.#onTrouble(detail),
    })
  }

  async source(): Promise<string> {
    return await clusterId(this.#kafka)
  }

  async plan(): Promise<readonly ReplayRange[]> {
    const bounds = await topicBounds(this.#kafka, this.#request.topic)
    return await replayPlan(this.#request, bounds, (topic, timeMs) =>
      offsetsAt(this.#kafka, topic, timeMs),
    )
  }

  async run(
    ranges: readonly ReplayRange[],
    listener: ReplayListener,
    signal: AbortSignal,
  ): Promise<void> {
    this.#onTrouble = listener.onTrouble
    const cluster = await this.#repeated(() => this.source(), signal)
    const { topic, name } = this.#request
    for (const range of ranges) {
      const origin = `replay/${name}/${cluster}/${topic}/${range.partition}`
      await this.#partition(range, origin, listener, signal)
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher.close()
  }

  async #partition(
    range: ReplayRange,
    origin: string,
    { onStep }: ReplayListener,
    signal: AbortSignal,
  ): Promise<void> {
    const { topic } = this.#request
    const { partition } = range
    const reader = new PartitionReader({
      kafka: this.#kafka,
      topic,
      partition,
      metadataMaxAgeMs: this.#config.metadata.refresh_interval,
      fetchBytesMax: this.#config.max_partition_fetch_size,
      fetchWaitMsMax: this.#config.max_fetch_wait,
    })
    const fetch = (offset: number): Promise<FetchedRange> =>
      this.#repeated(() => reader.fetch(offset), signal)
    try {
      for await (const batch of replayBatches(range, fetch)) {
        const named = `${origin}/${nameOf(batch)}`
        const { messages, end } = batch
        await this.#dispatcher.dispatch({ topic, partition }, messages, named, this.#meter, signal)
        this.#meter.messages += messages.length
        await onStep({ partition, done: end, counts: this.#meter.counts() })
      }
      await onStep({ partition, done: range.to, counts: this.#meter.counts() })
    } finally {
      await reader.close()
    }
  }

  /** Asks until there is an answer. Rejects when the signal aborts, or for what nothing will mend. */
  async #repeated<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const pauses = new Pauses(this.#config.error_backoff)
    for (;;) {
      try {
        const answer = await orAborted(ask(), signal)
        if (pauses.count > 0) this.#onTrouble(undefined)
        return answer
      } catch (thrown) {
        const error = kafkaError(thrown, this.#context.id)
        if (signal.aborted || !error.retryable) throw error
        this.#onTrouble(error.message)
        await pauses.pause(signal)
      }
    }
  }
}

function nameOf({ messages, from, end }: ReplayBatch): string {
  return `${from}-${end}@${messages[0]!.timestampMs}`
}

class ReplayMeter implements DispatchMeter {
  messages = 0
  #records = 0
  #deadLettered = 0
  #dropped = 0

  counts(): ReplayCounts {
    return {
      messages: this.messages,
      records: this.#records,
      deadLettered: this.#deadLettered,
      dropped: this.#dropped,
    }
  }

  accepted(records: number): void {
    this.#records += records
  }

  deadLettered(messages: number): void {
    this.#deadLettered += messages
  }

  dropped(_reason: string, count: number): void {
    this.#dropped += count
  }

  /** Tried again, or counted by what becomes of them. */
  refused(): void {}
  unreadable(): void {}
}
