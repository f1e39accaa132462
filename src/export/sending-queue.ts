import type { LogBatch } from '../batch/log-batch.ts'
import { randomOrigin } from '../batch/origin.ts'
import { sharedController } from '../plugin/abort.ts'
import { type Clock, sleep } from '../plugin/clock.ts'
import type { Component, PluginContext } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { type Lot, type Queue, type QueueItem, type QueueStats, wholeLot } from '../queue/queue.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import { BatchFormer, type FormedBatch, type ItemSource } from './batch-former.ts'
import type { BatchConfig, SendingQueueConfig } from './config.ts'
import { describe, refusedCount } from './outcome.ts'
import { RETRIES_EXHAUSTED } from './retry.ts'
import { WaitingSenders } from './waiting-senders.ts'

export interface SendingQueueOptions {
  readonly config: SendingQueueConfig
  readonly queue: Queue
  readonly context: PluginContext
  readonly clock: Clock
  readonly meter: QueueMeter
}

/** Who is told how full the queue is and what it could not keep. */
export interface QueueMeter {
  /** In the unit of the queue's sizer. */
  capacity(value: number): void
  size(value: number): void
  /** Log records that a sender was refused. */
  refused(reason: string, count: number): void
  /** Log records accepted and then given up. */
  dropped(reason: string, count: number): void
  /** Log records of an earlier process. */
  recovered(count: number): void
  /** Log records that are here, or there, although their sender did not wait to hear it. */
  keptAfterAll(count: number): void
}

/** Before a batch on disk is tried anew whose retries were exhausted without a single wait. */
const EXHAUSTED_PAUSE_MS = 1000

/** Without `batch`: neither joined nor cut. */
const AS_RECEIVED: BatchConfig = { flush_timeout: 0, min_size: 0, max_size: 0, sizer: 'items' }

/**
 * `sending_queue`: takes batches in at the sender's pace and gives them out at the destination's,
 * `num_consumers` at the same time. The sender is acknowledged when the queue has its batch or,
 * with `wait_for_result`, when the destination has.
 */
export class SendingQueue implements Consumer, Component {
  readonly #next: Consumer
  readonly #options: SendingQueueOptions
  readonly #waiting = new WaitingSenders()
  readonly #abort = sharedController()
  readonly #log: RepeatedLog
  #senders: Promise<void>[] = []
  #dropped = 0
  readonly #stopping = sharedController()
  /** Log records on their way into the queue. */
  #offering = 0

  constructor(next: Consumer, options: SendingQueueOptions) {
    const { context, meter, queue } = options
    this.#next = next
    this.#options = options
    this.#log = new RepeatedLog(context.logger)
    meter.size(0)
    meter.capacity(queue.stats().capacity)
  }

  stats(): QueueStats {
    return this.#options.queue.stats()
  }

  /** Log records inside, or waiting to be let in. */
  get records(): number {
    return this.stats().items + this.#offering
  }

  async start(): Promise<void> {
    const { queue, config, meter, context } = this.#options
    await queue.start()
    const { items, size } = queue.stats()
    if (items > 0) {
      meter.recovered(items)
      meter.size(size)
      context.logger.info({ records: items }, 'going on with what was not sent before the restart')
    }
    const former = this.#createFormer()
    this.#senders = Array.from({ length: config.num_consumers }, () => this.#sendAll(former))
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const { config, queue } = this.#options
    if (!config.wait_for_result) {
      // A queue on disk gives names itself.
      const isNamed = batch.origin !== undefined || queue.durable
      return await this.#offer(isNamed ? batch : named(batch), signal)
    }
    // An object of its own: the same batch may come in twice, on different ways.
    const own = named(batch)
    await this.#waiting.wait(own, signal, () => this.#offer(own, signal))
  }

  /**
   * A queue in memory is sent until `deadline` aborts, and the rest given up, counted and logged. A
   * queue on disk keeps what it has: only what is being sent gets that long.
   */
  async stop(deadline: AbortSignal): Promise<void> {
    const { queue, context } = this.#options
    const droppedBefore = this.#dropped
    this.#stopping.abort()
    queue.close()
    const giveUp = (): void =>
      this.#abort.abort(
        PipelineError.retryable('the service stopped before the batch could be sent', {
          reason: 'shutdown',
        }),
      )
    if (deadline.aborted) giveUp()
    else deadline.addEventListener('abort', giveUp)
    await this.#drain()
    deadline.removeEventListener('abort', giveUp)
    await queue.stop()
    this.#log.flush()
    const dropped = this.#dropped - droppedBefore
    if (dropped > 0) {
      context.logger.error({ records: dropped }, 'stopped with acknowledged records unsent')
    }
  }

  async #drain(): Promise<void> {
    // Without start nobody sends; what was offered must still get its verdict.
    const neverStarted = this.#senders.length === 0 && !this.#options.queue.durable
    if (neverStarted) this.#senders = [this.#sendAll(this.#createFormer())]
    await Promise.all(this.#senders)
  }

  async #offer(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const { queue, meter } = this.#options
    this.#offering += batch.count
    try {
      await queue.offer(batch, signal)
    } catch (thrown) {
      const error = PipelineError.from(thrown)
      meter.refused(error.reason, batch.count)
      throw error
    } finally {
      this.#offering -= batch.count
    }
    meter.size(queue.stats().size)
  }

  async #sendAll(former: BatchFormer): Promise<void> {
    for (;;) {
      const formed = await former.next()
      if (formed === undefined) return
      await this.#sendUntilSettled(formed)
    }
  }

  async #sendUntilSettled(formed: FormedBatch): Promise<void> {
    const { config, queue, clock } = this.#options
    for (;;) {
      try {
        await this.#send(formed)
        return formed.settle()
      } catch (thrown) {
        const error = PipelineError.from(thrown)
        const survives = queue.durable && error.retryable
        // On disk it is as safe as before: it is sent again after the restart, as it was.
        if (survives && this.#stopping.signal.aborted) return
        // While there is room nothing is dropped for having been tried for long.
        if (survives && error.reason === RETRIES_EXHAUSTED) {
          const pauseMs = Math.max(error.retryAfterMs ?? 0, EXHAUSTED_PAUSE_MS)
          if (await sleep(clock, pauseMs, this.#stopping.signal)) continue
          return
        }
        if (!config.wait_for_result) this.#drop(formed.batch, error)
        return formed.settle(error)
      }
    }
  }

  /** A batch for which nobody waits any more is not tried again: its senders bring it back. */
  async #send({ batch, items }: FormedBatch): Promise<void> {
    const { signal: stop } = this.#abort
    if (!this.#options.config.wait_for_result) return await this.#next.consume(batch, stop)
    const controller = new AbortController()
    const abort = (): void => controller.abort(stop.reason)
    const unwatch = this.#waiting.watch(
      items.map(item => item.batch),
      abort,
    )
    if (stop.aborted) abort()
    stop.addEventListener('abort', abort)
    try {
      await this.#next.consume(batch, controller.signal)
    } finally {
      stop.removeEventListener('abort', abort)
      unwatch()
    }
  }

  #createFormer(): BatchFormer {
    const { config, clock, queue } = this.#options
    const source: ItemSource = {
      resume: () => queue.resume(),
      take: signal => this.#take(signal),
      begin: lot => queue.begin(lot),
      nameOf: lot => queue.nameOf(lot),
      done: lot => this.#done(lot),
      settle: (item, error) => this.#settle(item, error),
    }
    return new BatchFormer(source, config.batch ?? AS_RECEIVED, clock)
  }

  async #take(signal: AbortSignal): Promise<QueueItem | undefined> {
    for (;;) {
      const item = await this.#options.queue.take(signal)
      if (item === undefined || !this.#waiting.hasLeft(item.batch)) return item
      this.#waiting.settle(item.batch, undefined)
      this.#done(wholeLot(item))
    }
  }

  #settle({ batch }: QueueItem, error: PipelineError | undefined): void {
    const { meter } = this.#options
    if (error === undefined && this.#waiting.hasLeft(batch)) meter.keptAfterAll(batch.count)
    this.#waiting.settle(batch, error)
  }

  #done(lot: Lot): void {
    const { meter, queue } = this.#options
    queue.done(lot)
    meter.size(queue.stats().size)
  }

  #drop(batch: LogBatch, error: PipelineError): void {
    const count = refusedCount(batch, error)
    this.#dropped += count
    this.#options.meter.dropped(error.reason, count)
    this.#log.log('error', error.reason, describe(batch, error), 'acknowledged records dropped')
  }
}

/** A view with an identity, which retries and restarts of the destination repeat. */
function named(batch: LogBatch): LogBatch {
  return batch.with({ origin: batch.origin ?? randomOrigin() })
}
