import { type PluginContext, untilAborted } from '#core'
import {
  type Assignment,
  type ConsumerHandler,
  clusterId,
  type FetchedMessages,
  type KafkaClient,
  KafkaConsumer,
  offsetsAt,
  type SkippedOffsets,
  type TopicPartition,
} from '#core/kafka'
import type { KafkaReceiverConfig } from './config.ts'
import type { Dispatcher } from './dispatcher.ts'
import { PartitionMeter } from './partition-meter.ts'
import { PartitionWorker } from './partition-worker.ts'
import { Pauses } from './pauses.ts'
import { type StartPosition, startPosition } from './start-position.ts'
import { subscriptionOf } from './topics.ts'

export interface GroupSessionOptions {
  readonly config: KafkaReceiverConfig
  readonly context: PluginContext
  readonly kafka: KafkaClient
  readonly dispatcher: Dispatcher
  /** Told when partitions have been assigned and work on them has begun. */
  readonly onReady: () => void
}

const METER_INTERVAL_MS = 1000

/** One membership in the group, and the work on the partitions it brings. */
export class GroupSession implements ConsumerHandler {
  readonly #options: GroupSessionOptions
  readonly #consumer: KafkaConsumer
  readonly #draining = new AbortController()
  readonly #workers = new Map<string, PartitionWorker>()
  readonly #works = new Set<Promise<void>>()
  #lost: ((error: Error) => void) | undefined
  #cluster = ''
  #rebalances = 0

  constructor(options: GroupSessionOptions) {
    this.#options = options
    const { config, kafka } = options
    this.#consumer = new KafkaConsumer({
      kafka,
      groupId: config.group_id,
      instanceId: config.group_instance_id || undefined,
      topics: subscriptionOf(config.logs.topics, config.logs.exclude_topics),
      strategies: config.group_rebalance_strategies,
      sessionTimeoutMs: config.session_timeout,
      heartbeatIntervalMs: config.heartbeat_interval,
      rebalanceTimeoutMs: config.rebalance_timeout,
      fetchBytesMin: config.min_fetch_size,
      fetchBytesMax: config.max_fetch_size,
      partitionFetchBytesMax: config.max_partition_fetch_size,
      fetchWaitMsMax: config.max_fetch_wait,
      metadataMaxAgeMs: config.metadata.refresh_interval,
      rackId: config.rack_id,
    })
  }

  /** Resolves after `stop`. Rejects when the membership cannot go on: make a new one. */
  async run(): Promise<void> {
    this.#cluster = await clusterId(this.#options.kafka)
    const lost = new Promise<never>((_, reject) => {
      this.#lost = reject
    })
    const timer = setInterval(() => this.#measure(), METER_INTERVAL_MS)
    try {
      await Promise.race([this.#consumer.run(this), lost])
    } finally {
      clearInterval(timer)
      await this.#consumer.close()
      await Promise.all(this.#works)
    }
  }

  /** Finishes what is under way until the deadline, commits it and ends the membership. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#draining.abort()
    await untilAborted(
      Promise.all(this.#works).then(() => {}),
      deadline,
    )
    await this.#consumer.close()
  }

  assigned(assignment: Assignment): void {
    const { context, config } = this.#options
    this.#workers.clear()
    if (this.#rebalances++ > 0) context.metrics.kafka.rebalances.inc({ receiver: context.id })
    context.logger.info(
      { partitions: shown(assignment.partitions), group: config.group_id },
      'partitions assigned',
    )
    this.#track(this.#begin(assignment))
  }

  fetched(fetched: FetchedMessages): void {
    this.#workers.get(nameOf(fetched))?.fetched(fetched)
  }

  skipped(skipped: SkippedOffsets): void {
    this.#workers.get(nameOf(skipped))?.skipped(skipped)
  }

  /** Reads where the group stands, however often that takes, and begins. */
  async #begin(assignment: Assignment): Promise<void> {
    const { context, config, onReady } = this.#options
    const pauses = new Pauses(config.error_backoff)
    while (!assignment.signal.aborted) {
      try {
        const positions = await this.#positions(assignment)
        if (assignment.signal.aborted || this.#draining.signal.aborted) return
        for (const position of positions) this.#work(position, assignment)
        onReady()
        return
      } catch (error) {
        const reason = (error as Error).message
        context.logger.warn({ reason }, 'cannot read the offsets of the group, will try again')
        await pauses.pause(assignment.signal).catch(() => {})
      }
    }
  }

  async #positions(assignment: Assignment): Promise<StartPosition[]> {
    const { config, context, kafka } = this.#options
    const positions: StartPosition[] = []
    for (const committed of await this.#consumer.committed(assignment.partitions)) {
      const position = await startPosition(
        committed,
        config.initial_offset,
        (topic, timestampMs) => offsetsAt(kafka, topic, timestampMs),
        context,
      )
      // At once: a rebalance before the first message would else find another `latest`.
      if (position.isInitial) {
        await this.#consumer.commit(assignment, position, position.offset, '')
      }
      positions.push(position)
    }
    return positions
  }

  #work(position: StartPosition, assignment: Assignment): void {
    const { config, context, dispatcher } = this.#options
    const { topic, partition } = position
    const meter = new PartitionMeter(context, position)
    // Two batches a partition: one under way, one that fills meanwhile.
    const bytesMax = Math.floor(config.max_buffered_size / assignment.partitions.length)
    const worker = new PartitionWorker({
      context,
      consumer: this.#consumer,
      assignment,
      partition: { topic, partition },
      dispatcher,
      meter,
      pauses: config.error_backoff,
      batchBytesMax: Math.min(config.batch.max_size, Math.ceil(bytesMax / 2)),
      bytesMax,
      flushMs: config.batch.flush_timeout,
      origin: `${this.#cluster}/${topic}/${partition}`,
      draining: this.#draining.signal,
      onLost: reason => this.#lost?.(new Error(`${topic}/${partition}: ${reason}`)),
    })
    this.#workers.set(nameOf(position), worker)
    this.#track(worker.run(position).finally(() => meter.close()))
  }

  #track(work: Promise<void>): void {
    this.#works.add(work)
    work.finally(() => this.#works.delete(work)).catch(() => {})
  }

  #measure(): void {
    for (const worker of this.#workers.values()) worker.measure()
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

function shown(partitions: readonly TopicPartition[]): string {
  return partitions.map(nameOf).join(', ')
}
