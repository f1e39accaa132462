import type { LogBatch } from '../batch/log-batch.ts'
import { randomOrigin } from '../batch/origin.ts'
import { orAborted, sharedController } from '../plugin/abort.ts'
import type { Clock } from '../plugin/clock.ts'
import type { Component, PluginContext } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import type { Queue, QueueItem, QueueStats } from '../queue/queue.ts'
import { RepeatedLog } from '../telemetry/repeated-log.ts'
import { BatchFormer, type FormedBatch } from './batch-former.ts'
import type { SendingQueueConfig } from './config.ts'
import { describe } from './outcome.ts'

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
}

/** A sender that waits for the destination's verdict. */
interface Waiting {
  readonly promise: Promise<void>
  settle(error: PipelineError | undefined): void
  /** It has left: nobody needs these records sent, it will bring them again. */
  gone: boolean
}

const NEVER = new AbortController().signal

/**
 * `sending_queue`: takes batches in at the sender's pace and gives them out at the destination's,
 * `num_consumers` at the same time. The sender is acknowledged when the queue has its batch or,
 * with `wait_for_result`, when the destination has.
 */
export class SendingQueue implements Consumer, Component {
  readonly #next: Consumer
  readonly #options: SendingQueueOptions
  readonly #waiting = new Map<LogBatch, Waiting>()
  readonly #abort = sharedController()
  readonly #log: RepeatedLog
  #senders: Promise<void>[] = []
  #dropped = 0

  constructor(next: Consumer, options: SendingQueueOptions) {
    const { context, meter, queue } = options
    this.#next = next
    this.#options = options
    this.#log = new RepeatedLog(context.logger)
    meter.size(0)
    meter.capacity(queue.stats().capacity)
  }

  /** Log records accepted and then given up. */
  get dropped(): number {
    return this.#dropped
  }

  stats(): QueueStats {
    return this.#options.queue.stats()
  }

  async start(): Promise<void> {
    const { queue, config } = this.#options
    await queue.start()
    const source = this.#createSource()
    this.#senders = Array.from({ length: config.num_consumers }, () => this.#sendAll(source))
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    if (!this.#options.config.wait_for_result) {
      return await this.#offer(batch.origin === undefined ? named(batch) : batch, signal)
    }
    // An object of its own: the same batch may come in twice, on different ways.
    const own = named(batch)
    const waiting = createWaiting()
    this.#waiting.set(own, waiting)
    try {
      await this.#offer(own, signal)
      await orAborted(waiting.promise, signal)
    } finally {
      waiting.gone = true
    }
  }

  /** Sends what is queued, until `deadline` aborts; then gives up the rest, counted and logged. */
  async stop(deadline: AbortSignal): Promise<void> {
    const { queue, context } = this.#options
    const droppedBefore = this.#dropped
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
    if (this.#senders.length === 0) this.#senders = [this.#sendAll(this.#createSource())]
    await Promise.all(this.#senders)
  }

  async #offer(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const { queue, meter } = this.#options
    try {
      await queue.offer(batch, signal)
    } catch (thrown) {
      this.#waiting.delete(batch)
      const error = PipelineError.from(thrown)
      meter.refused(error.reason, batch.count)
      throw error
    }
    meter.size(queue.stats().size)
  }

  async #sendAll(source: Source): Promise<void> {
    for (;;) {
      const formed = await source.next()
      if (formed === undefined) return
      try {
        await this.#next.consume(formed.batch, this.#abort.signal)
        formed.settle()
      } catch (thrown) {
        const error = PipelineError.from(thrown)
        if (!this.#options.config.wait_for_result) this.#drop(formed.batch, error)
        formed.settle(error)
      }
    }
  }

  #createSource(): Source {
    const { config, clock } = this.#options
    const settle = (item: QueueItem, error: PipelineError | undefined): void => {
      this.#settle(item, error)
    }
    const take = (signal: AbortSignal): Promise<QueueItem | undefined> => this.#take(signal)
    if (config.batch !== undefined) return new BatchFormer({ take, settle }, config.batch, clock)
    return {
      next: async () => {
        const item = await take(NEVER)
        return item && { batch: item.batch, settle: error => settle(item, error) }
      },
    }
  }

  async #take(signal: AbortSignal): Promise<QueueItem | undefined> {
    for (;;) {
      const item = await this.#options.queue.take(signal)
      if (item === undefined || !this.#waiting.get(item.batch)?.gone) return item
      this.#settle(item, undefined)
    }
  }

  #settle(item: QueueItem, error: PipelineError | undefined): void {
    const { meter, queue } = this.#options
    this.#waiting.get(item.batch)?.settle(error)
    this.#waiting.delete(item.batch)
    queue.done(item)
    meter.size(queue.stats().size)
  }

  #drop(batch: LogBatch, error: PipelineError): void {
    this.#dropped += batch.count
    this.#options.meter.dropped(error.reason, batch.count)
    this.#log.log('error', error.reason, describe(batch, error), 'acknowledged records dropped')
  }
}

interface Source {
  next(): Promise<FormedBatch | undefined>
}

/** A view with an identity, which retries and restarts of the destination repeat. */
function named(batch: LogBatch): LogBatch {
  return batch.with({ origin: batch.origin ?? randomOrigin() })
}

function createWaiting(): Waiting {
  let settle: Waiting['settle'] = () => {}
  const promise = new Promise<void>((resolve, reject) => {
    settle = error => (error === undefined ? resolve() : reject(error))
  })
  // A sender that has left does not listen; that is no unhandled rejection.
  promise.catch(() => {})
  return { promise, settle, gone: false }
}
