import type { Consumer, EachBatchPayload, Kafka, Offsets } from 'kafkajs'
import { sharedController, untilAborted } from '../plugin/abort.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { type AssignmentStrategy, observedAssigner } from './assigners.ts'
import { withAdmin } from './client.ts'
import { type CommittedOffset, committedOffsets, type TopicPartition } from './committed-offsets.ts'
import { kafkaError } from './kafka-errors.ts'
import { membershipError, withStaticMember } from './static-membership.ts'

export interface KafkaMessage {
  /** Below 2^53: a partition that takes a million messages a second gets there in 285 years. */
  readonly offset: number
  /** Milliseconds since the epoch: by the producer or the broker, as the topic says. */
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>
}

export interface FetchedMessages extends TopicPartition {
  /** In order; offsets may have gaps. At least one. */
  readonly messages: readonly KafkaMessage[]
  /** Behind the last message, and what follows it that is none for us: see SkippedOffsets. */
  readonly end: number
  /** The offset that the next message written to the partition gets. */
  readonly highWatermark: number
}

/** Offsets of a partition without messages for us: ends of transactions, and what was aborted. */
export interface SkippedOffsets extends TopicPartition {
  readonly from: number
  readonly end: number
  readonly highWatermark: number
}

/** The partitions we own from one rebalance to the next. */
export interface Assignment {
  readonly partitions: readonly TopicPartition[]
  /** Aborts when the partitions may become somebody else's, before they do. */
  readonly signal: AbortSignal
}

export interface ConsumerHandler {
  /**
   * Called at each rebalance. All partitions are paused: nothing is fetched before `seek` and
   * `resume`.
   */
  assigned(assignment: Assignment): void
  /** MUST be quick: while it runs no partition is fetched. */
  fetched(fetched: FetchedMessages): void
  /** Says nothing of what was sought since: it may be of before. */
  skipped(skipped: SkippedOffsets): void
}

export interface KafkaConsumerOptions {
  readonly kafka: Kafka
  readonly groupId: string
  /** Makes it a static member, which `close` leaves in the group: see static-membership.ts. */
  readonly instanceId?: string | undefined
  /** Names, or patterns that names are matched against at the start. */
  readonly topics: readonly (string | RegExp)[]
  readonly strategies: readonly AssignmentStrategy[]
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly rebalanceTimeoutMs: number
  readonly fetchBytesMin: number
  readonly fetchBytesMax: number
  readonly partitionFetchBytesMax: number
  readonly fetchWaitMsMax: number
  readonly metadataMaxAgeMs: number
  readonly rackId: string
}

/** What the event says, of kafkajs's types less what they promise too much. */
interface BatchProcessed extends TopicPartition {
  readonly highWatermark: string
  readonly batchSize: number
  readonly firstOffset: string | null
  readonly lastOffset: string
}

type Commit = (offsets: Offsets) => Promise<void>

/** How long the goodbye to the group may take. */
const CLOSE_MS_MAX = 5000

/**
 * One membership in a consumer group, from `run` to its end.
 *
 * Two faults of kafkajs are kept in here. It commits with the generation of now for messages of
 * before (#1046): so a commit names the assignment it belongs to, is refused when that has ended, and
 * goes to the broker with the generation it was given, without kafkajs's own repetitions. And old
 * handlers may still run when new ones begin (#1097): so its handler only hands over, and the
 * assignment's signal aborts before the group is asked for a new one.
 */
export class KafkaConsumer {
  readonly #options: KafkaConsumerOptions
  readonly #consumer: Consumer
  #assignment: { readonly end: AbortController; readonly value: Assignment } | undefined
  #commit: Commit | undefined
  #closing = false

  constructor(options: KafkaConsumerOptions) {
    this.#options = options
    const { kafka, instanceId } = options
    const onFenced = (): void => this.#endAssignment()
    const client =
      instanceId === undefined ? kafka : withStaticMember(kafka, { instanceId, onFenced })
    this.#consumer = client.consumer({
      groupId: options.groupId,
      partitionAssigners: options.strategies.map(strategy =>
        observedAssigner(strategy, () => this.#endAssignment()),
      ),
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      minBytes: options.fetchBytesMin,
      maxBytes: options.fetchBytesMax,
      maxBytesPerPartition: options.partitionFetchBytesMax,
      maxWaitTimeInMs: options.fetchWaitMsMax,
      metadataMaxAge: options.metadataMaxAgeMs,
      rackId: options.rackId,
      allowAutoTopicCreation: false,
      // We start anew ourselves: kafkajs would not say what it has forgotten.
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 1000,
        retries: 5,
        restartOnFailure: () => Promise.resolve(false),
      },
    })
  }

  /**
   * Joins the group and hands what comes to `handler`. Resolves after `close`, at once if that came
   * first; rejects with PipelineError when the membership cannot go on. Call it once.
   */
  async run(handler: ConsumerHandler): Promise<void> {
    if (this.#closing) return
    const { events } = this.#consumer
    const crashed = new Promise<never>((_, reject) => {
      this.#consumer.on(events.CRASH, ({ payload }) => reject(payload.error))
    })
    const stopped = new Promise<void>(resolve => {
      this.#consumer.on(events.DISCONNECT, () => (this.#closing ? resolve() : undefined))
    })
    this.#consumer.on(events.GROUP_JOIN, ({ payload: { memberAssignment } }) =>
      this.#begin(memberAssignment, handler),
    )
    this.#consumer.on(events.END_BATCH_PROCESS, ({ payload }) => this.#skipped(payload, handler))
    try {
      await Promise.race([this.#start(handler), crashed])
      // A `close` meanwhile may not have come to the end that `stopped` waits for.
      if (!this.#closing) await Promise.race([stopped, crashed])
    } catch (thrown) {
      if (!this.#closing) throw membershipError(thrown, this.#options)
    } finally {
      this.#endAssignment()
      crashed.catch(() => undefined)
      await this.#disconnect()
    }
  }

  /**
   * Commits the position of one partition: everything below `offset` is done. `metadata` is kept by
   * the broker to the letter, 4096 bytes at most. Resolves when the broker has it, which is sure only
   * once messages have been fetched. Rejects with PipelineError; `isFenced` when the
   * partition is, or may be, somebody else's.
   */
  async commit(
    assignment: Assignment,
    { topic, partition }: TopicPartition,
    offset: number,
    metadata: string,
  ): Promise<void> {
    // From this check to the request there is no pause in which a new generation could come.
    if (this.#assignment?.value !== assignment) throw fencedError()
    const commit = { partition, offset: String(offset), metadata }
    try {
      // Before the first message has come there is only kafkajs's own way, which may do nothing when
      // the membership is ending.
      if (this.#commit === undefined) await this.#consumer.commitOffsets([{ topic, ...commit }])
      else await this.#commit({ topics: [{ topic, partitions: [commit] }] })
    } catch (thrown) {
      throw kafkaError(thrown, `committing ${topic}/${partition}`)
    }
  }

  /** What the group has committed of these partitions, and what they hold. */
  async committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    const { kafka, groupId } = this.#options
    try {
      return await withAdmin(kafka, admin => committedOffsets(admin, groupId, partitions))
    } catch (thrown) {
      throw kafkaError(thrown, `offsets of group ${groupId}`)
    }
  }

  /** The next message fetched is `offset`, or the first one after it. */
  seek({ topic, partition }: TopicPartition, offset: number): void {
    this.#consumer.seek({ topic, partition, offset: String(offset) })
  }

  /** What has been fetched before is still handed over. */
  pause({ topic, partition }: TopicPartition): void {
    this.#consumer.pause([{ topic, partitions: [partition] }])
  }

  resume({ topic, partition }: TopicPartition): void {
    this.#consumer.resume([{ topic, partitions: [partition] }])
  }

  /**
   * Leaves the group, so that others take over at once. A static member stays in it, with its
   * partitions, until it joins again or its session times out.
   */
  async close(): Promise<void> {
    this.#closing = true
    this.#endAssignment()
    await this.#disconnect()
  }

  async #start(handler: ConsumerHandler): Promise<void> {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async payload => this.#fetched(payload, handler),
    })
  }

  #begin(memberAssignment: Record<string, number[]>, handler: ConsumerHandler): void {
    this.#endAssignment()
    const partitions = Object.entries(memberAssignment).flatMap(([topic, numbers]) =>
      numbers.map(partition => ({ topic, partition })),
    )
    for (const partition of partitions) this.pause(partition)
    const end = sharedController()
    this.#assignment = { end, value: { partitions, signal: end.signal } }
    handler.assigned(this.#assignment.value)
  }

  #endAssignment(): void {
    this.#assignment?.end.abort(fencedError())
    this.#assignment = undefined
  }

  #fetched(payload: EachBatchPayload, handler: ConsumerHandler): void {
    const { batch } = payload
    this.#commit = offsets => payload.commitOffsetsIfNecessary(offsets)
    // A seek since the request: what came is not what was asked for.
    if (payload.isStale() || this.#assignment === undefined) return
    const messages = batch.messages.map(({ offset, timestamp, key, value, headers }) => ({
      offset: Number(offset),
      timestampMs: Number(timestamp),
      key,
      value,
      headers: headers ?? {},
    }))
    const { topic, partition } = batch
    const end = Number(batch.lastOffset()) + 1
    const highWatermark = Number(batch.highWatermark)
    handler.fetched({ topic, partition, messages, end, highWatermark })
    // kafkajs goes on behind `end`, then.
    payload.resolveOffset(batch.messages.at(-1)!.offset)
  }

  /** kafkajs passes over what holds no messages by itself, and tells by this event only. */
  #skipped(event: BatchProcessed, handler: ConsumerHandler): void {
    const { topic, partition, batchSize, firstOffset, lastOffset, highWatermark } = event
    if (batchSize > 0 || firstOffset === null || this.#assignment === undefined) return
    const offsets = { from: Number(firstOffset), end: Number(lastOffset) + 1 }
    handler.skipped({ topic, partition, ...offsets, highWatermark: Number(highWatermark) })
  }

  async #disconnect(): Promise<void> {
    const done = this.#consumer.disconnect().catch(() => undefined)
    await untilAborted(done, AbortSignal.timeout(CLOSE_MS_MAX))
  }
}

function fencedError(): PipelineError {
  return PipelineError.retryable('the partition is no longer assigned to this consumer', {
    code: 'aborted',
    reason: 'fenced',
  })
}
