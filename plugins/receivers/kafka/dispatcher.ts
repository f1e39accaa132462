import { type Consumer, type LogBatch, PipelineError, type PluginContext, RepeatedLog } from '#core'
import type { KafkaMessage, TopicPartition } from '#core/kafka'
import type { DeadLetters } from './dead-letters.ts'
import { type PauseOptions, Pauses } from './pauses.ts'
import type { DeadMessage, RangeDecoder } from './range-decoder.ts'
import { refusedMessages } from './refused-messages.ts'

export interface DispatcherOptions {
  readonly context: PluginContext
  readonly next: Consumer
  readonly decoder: RangeDecoder
  readonly pauses: PauseOptions
  readonly deadLetters: DeadLetters | undefined
  /** Without dead letters: go past what can never be, instead of waiting. */
  readonly skipsDead: boolean
  /** Where there is no way past what can never be: reject instead of waiting for a person. */
  readonly failsOnDead?: boolean
  /** Told of trouble with a partition, and of its end. */
  readonly onTrouble: (from: TopicPartition, detail: string | undefined) => void
}

/** Counts what becomes of messages and records. */
export interface DispatchMeter {
  accepted(records: number): void
  refused(records: number): void
  /** Records, or messages of which nobody knows how many records they hold. */
  unreadable(count: number): void
  deadLettered(messages: number): void
  dropped(reason: string, count: number): void
}

/** Brings the messages of a batch to the next stage, however long it takes. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #log: RepeatedLog

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#log = new RepeatedLog(options.context.logger)
  }

  /**
   * Resolves when every record of the messages is safe with the next stage, in the dead-letter
   * topic, or counted as dropped because the config says so. Rejects when the signal aborts, and else
   * only with `failsOnDead`.
   */
  async dispatch(
    from: TopicPartition,
    messages: readonly KafkaMessage[],
    origin: string,
    meter: DispatchMeter,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#enter(from, signal)
    const decoded = this.#options.decoder.decode(from, messages)
    const { batch, dead, rejectedCount, rejectedReason } = decoded
    if (rejectedCount > 0) {
      meter.unreadable(rejectedCount)
      meter.dropped('unreadable_record', rejectedCount)
      const fields = { ...from, count: rejectedCount, reason: rejectedReason }
      this.#log.log('error', 'rejected', fields, 'log records in a message cannot be read')
    }
    if (dead.length > 0) {
      meter.unreadable(dead.length)
      await this.#setAside(from, dead, 'unreadable_message', meter, signal)
    }
    if (batch === undefined) return
    const refusal = await this.#consume(from, batch.with({ origin }), meter, signal)
    if (refusal === undefined) return
    const read = messages.filter(message => !dead.some(one => one.message === message))
    await this.#setAside(from, refusedMessages(read, refusal), refusal.reason, meter, signal)
  }

  /** Nothing may be dispatched any more. */
  async close(): Promise<void> {
    await this.#options.deadLetters?.close()
    this.#log.flush()
  }

  /** Waits while nothing more may come into the process: the messages are safe where they are. */
  async #enter(from: TopicPartition, signal: AbortSignal): Promise<void> {
    const { context, onTrouble } = this.#options
    const pauses = new Pauses(this.#options.pauses)
    for (;;) {
      const refusal = context.door.ask(0)
      if (refusal === undefined) {
        if (pauses.count > 0) onTrouble(from, undefined)
        return
      }
      this.#tell(from, refusal.reason, refusal.message)
      await pauses.pause(signal, refusal.retryAfterMs)
    }
  }

  /** Repeats until the next stage has the batch. Gives its refusal when it never will. */
  async #consume(
    from: TopicPartition,
    batch: LogBatch,
    meter: DispatchMeter,
    signal: AbortSignal,
  ): Promise<PipelineError | undefined> {
    const { next, onTrouble } = this.#options
    const pauses = new Pauses(this.#options.pauses)
    for (;;) {
      try {
        await next.consume(batch, signal)
        meter.accepted(batch.count)
        if (pauses.count > 0) onTrouble(from, undefined)
        return undefined
      } catch (thrown) {
        if (signal.aborted) throw thrown
        const error = PipelineError.from(thrown)
        const { rejected } = error
        // All others are stored, and nobody can tell which were not: waiting would mend nothing.
        if (rejected !== undefined && rejected.parts === undefined) {
          meter.accepted(batch.count - rejected.count)
          meter.dropped(error.reason, rejected.count)
          this.#log.log('error', error.reason, { ...from, reason: error.message }, 'records lost')
          return undefined
        }
        if (!error.retryable && this.#goesPast) {
          if (rejected !== undefined) meter.accepted(batch.count - rejected.count)
          return error
        }
        meter.refused(batch.count)
        this.#tell(from, error.reason, error.message)
        await pauses.pause(signal, error.retryAfterMs)
      }
    }
  }

  /** Is there something else to do with messages that can never be than to wait? */
  get #goesPast(): boolean {
    const { deadLetters, skipsDead, failsOnDead } = this.#options
    return deadLetters !== undefined || skipsDead || failsOnDead === true
  }

  async #setAside(
    from: TopicPartition,
    dead: readonly DeadMessage[],
    reason: string,
    meter: DispatchMeter,
    signal: AbortSignal,
  ): Promise<void> {
    const { deadLetters, skipsDead, failsOnDead, onTrouble } = this.#options
    const [first] = dead
    if (first === undefined) return
    const where = `${from.topic}/${from.partition} offset ${first.message.offset}`
    const pauses = new Pauses(this.#options.pauses)
    for (;;) {
      try {
        if (deadLetters !== undefined) {
          await deadLetters.write(from, dead)
          meter.deadLettered(dead.length)
          this.#log.log('warn', reason, { where, reason: first.reason }, 'messages set aside')
        } else if (skipsDead) {
          meter.dropped(reason, dead.length)
          this.#log.log('error', reason, { where, reason: first.reason }, 'messages skipped')
        } else throw PipelineError.permanent(`${where} cannot be processed: ${first.reason}`)
        if (pauses.count > 0) onTrouble(from, undefined)
        return
      } catch (thrown) {
        const error = PipelineError.from(thrown)
        if (failsOnDead && !error.retryable) throw error
        this.#tell(from, reason, error.message)
        await pauses.pause(signal)
      }
    }
  }

  #tell(from: TopicPartition, reason: string, detail: string): void {
    this.#log.log('warn', reason, { ...from, reason: detail }, 'a partition waits')
    this.#options.onTrouble(from, detail)
  }
}
