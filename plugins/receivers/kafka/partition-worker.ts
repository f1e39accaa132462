import type { PluginContext } from '#core'
import {
  type Assignment,
  type FetchedMessages,
  isFenced,
  type KafkaConsumer,
  type KafkaMessage,
  kafkaError,
  type SkippedOffsets,
  type TopicPartition,
} from '#core/kafka'
import type { Dispatcher } from './dispatcher.ts'
import { decodeIntent, encodeIntent, type Intent } from './intent.ts'
import { MessageBuffer, type Range } from './message-buffer.ts'
import type { PartitionMeter } from './partition-meter.ts'
import { type PauseOptions, Pauses } from './pauses.ts'
import type { StartPosition } from './start-position.ts'

export interface PartitionWorkerOptions {
  readonly context: PluginContext
  readonly consumer: KafkaConsumer
  readonly assignment: Assignment
  readonly partition: TopicPartition
  readonly dispatcher: Dispatcher
  readonly meter: PartitionMeter
  readonly pauses: PauseOptions
  readonly batchBytesMax: number
  readonly bytesMax: number
  readonly flushMs: number
  /** Names the records of this partition: the cluster, the topic and the partition. */
  readonly origin: string
  /** Aborts when no new batch may be begun; what is under way is finished. */
  readonly draining: AbortSignal
  /** The work cannot go on from here: the group has to be joined, and everything read, anew. */
  readonly onLost: (reason: string) => void
}

/**
 * The work on one partition, from assignment to revocation: one batch after the other, so that
 * order is kept and commits are contiguous.
 *
 * Before a batch is passed on, its extent is committed as an intent; after it is safe, its end. A
 * crash in between, or another owner, makes the same batch again under the same name:
 *
 *     commit(s, {e}) -> deliver [s, e) as ".../s-e" -> commit(e, {e2}) -> deliver [e, e2) ...
 */
export class PartitionWorker {
  readonly #options: PartitionWorkerOptions
  readonly #buffer: MessageBuffer
  readonly #stopped: AbortSignal
  /** The first offset that is not done. */
  #position = 0
  /** No message that comes may be before this. */
  #expected = 0
  #highWatermark = 0
  #pendingSinceMs: number | undefined
  /** All that has come is done, and the next batch may begin anywhere. */
  #isIdle = false

  constructor(options: PartitionWorkerOptions) {
    this.#options = options
    const { consumer, assignment, partition, batchBytesMax, bytesMax, flushMs } = options
    this.#stopped = AbortSignal.any([assignment.signal, options.draining])
    this.#buffer = new MessageBuffer({
      batchBytesMax,
      bytesMax,
      flushMs,
      onWanted: wanted => {
        if (this.#stopped.aborted) return
        if (wanted) consumer.resume(partition)
        else consumer.pause(partition)
      },
    })
  }

  /** Brings the metrics that grow by themselves up to date. */
  measure(): void {
    if (this.#options.assignment.signal.aborted) return
    const sinceMs = this.#pendingSinceMs
    this.#options.meter.commitAge(sinceMs === undefined ? 0 : (Date.now() - sinceMs) / 1000)
  }

  /** Takes up where the group stopped. Resolves when the work has ended; never rejects. */
  async run({ offset, metadata, low, high }: StartPosition): Promise<void> {
    const { consumer, partition, context, meter, onLost } = this.#options
    this.#position = offset
    this.#expected = offset
    this.#highWatermark = high
    meter.position(offset, high)
    try {
      // What retention has deleted cannot be asked for; the batch keeps its name all the same.
      consumer.seek(partition, Math.max(offset, low))
      consumer.resume(partition)
      await this.#work(decodeIntent(metadata, offset))
    } catch (thrown) {
      const error = kafkaError(thrown, 'partition')
      if (this.#options.assignment.signal.aborted || isFenced(error)) {
        context.logger.debug({ ...partition, reason: error.message }, 'partition given up')
        return
      }
      context.logger.error({ ...partition, err: error }, 'work on a partition ended')
      // Nobody would take it up again before the next rebalance.
      onLost(error.message)
    }
  }

  fetched({ messages, end, highWatermark }: FetchedMessages): void {
    if (this.#stopped.aborted) return
    const expected = this.#expected
    this.#highWatermark = highWatermark
    // Compaction and transactions leave gaps; going back does not happen, unless the topic was made anew.
    if (messages[0]!.offset < expected) {
      this.#options.onLost(
        `offset ${messages[0]!.offset} came after ${expected - 1}: the topic was made anew, or truncated`,
      )
      return
    }
    this.#isIdle = false
    this.#expected = end
    this.#pendingSinceMs ??= Date.now()
    this.#options.meter.fetched(messages.length, bytesOf(messages))
    this.#options.meter.position(this.#position, highWatermark)
    this.#buffer.add(messages)
  }

  /** So that a partition at whose end nothing is left for us has no lag. */
  skipped({ from, end, highWatermark }: SkippedOffsets): void {
    const isNext = from <= this.#expected && this.#expected < end
    if (this.#stopped.aborted || !isNext) return
    this.#expected = end
    this.#highWatermark = highWatermark
    // A batch that is repeated has its begin in its name.
    if (this.#isIdle) this.#position = end
    this.#options.meter.position(this.#position, highWatermark)
  }

  async #work(replay: Intent | undefined): Promise<void> {
    let intent = replay
    this.#isIdle = replay === undefined
    let range = await this.#buffer.take(replay?.end, this.#stopped)
    while (range !== undefined) {
      if (intent === undefined) {
        intent = intentOf(range)
        await this.#commit(this.#position, encodeIntent(intent))
      }
      await this.#deliver(range, intent)
      // Before the next one is taken: only that is held from now on.
      this.#buffer.done()
      const next = this.#stopped.aborted ? undefined : this.#buffer.takeFull()
      // One commit ends a batch and begins the next, when there is one.
      intent = next && intentOf(next)
      const end = this.#buffer.bytes === 0 ? this.#expected : range.end
      await this.#commit(end, intent === undefined ? '' : encodeIntent(intent))
      this.#done(end)
      range = next ?? (await this.#buffer.take(undefined, this.#stopped))
    }
  }

  async #deliver({ messages }: Range, { end, timestampMs }: Intent): Promise<void> {
    const { dispatcher, partition, meter, assignment, origin } = this.#options
    const name = `${origin}/${this.#position}-${end}@${timestampMs}`
    await dispatcher.dispatch(partition, messages, name, meter, assignment.signal)
  }

  #done(end: number): void {
    this.#isIdle = this.#buffer.bytes === 0
    this.#position = this.#isIdle ? this.#expected : end
    this.#pendingSinceMs = this.#isIdle ? undefined : Date.now()
    this.#options.meter.position(this.#position, this.#highWatermark)
  }

  /** Repeats until the broker has it. @throws PipelineError when the partition is somebody else's */
  async #commit(offset: number, metadata: string): Promise<void> {
    const { consumer, assignment, partition, context } = this.#options
    const pauses = new Pauses(this.#options.pauses)
    for (;;) {
      try {
        await consumer.commit(assignment, partition, offset, metadata)
        return
      } catch (thrown) {
        const error = kafkaError(thrown, 'commit')
        if (isFenced(error)) throw error
        context.logger.warn({ ...partition, offset, reason: error.message }, 'commit failed')
        await pauses.pause(assignment.signal)
      }
    }
  }
}

function intentOf({ messages, end }: Range): Intent {
  return { end, timestampMs: messages[0]!.timestampMs }
}

function bytesOf(messages: readonly KafkaMessage[]): number {
  return messages.reduce(
    (sum, { value, key }) => sum + (value?.length ?? 0) + (key?.length ?? 0),
    0,
  )
}
