import type { LogBatch } from '../batch/log-batch.ts'
import { abortError } from '../plugin/abort.ts'
import { type Clock, systemClock } from '../plugin/clock.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { Backlog, retryAfterMs } from '../plugin/retry-after.ts'
import { type Queue, type QueueItem, type QueueStats, queueSize, type Sizer } from './queue.ts'
import { Ring } from './ring.ts'

export interface MemoryQueueOptions {
  /** Named in refusals: the exporter's id. */
  readonly name: string
  readonly sizer: Sizer
  /** In the unit of `sizer`. */
  readonly capacity: number
  /** true: `offer` waits for room; false: it refuses. */
  readonly blockOnOverflow: boolean
  readonly clock?: Clock
}

interface Item extends QueueItem {
  held: boolean
}

interface Sender {
  readonly size: number
  admit(): void
  refuse(error: PipelineError): void
}

type Taker = (item: QueueItem | undefined) => void

/** The sending queue in memory: what it holds is lost when the process dies. */
export class MemoryQueue implements Queue {
  readonly durable = false
  readonly #options: MemoryQueueOptions
  readonly #clock: Clock
  readonly #items = new Ring<Item>()
  // Sets keep the order of arrival and let one that gives up leave from the middle.
  readonly #takers = new Set<Taker>()
  readonly #senders = new Set<Sender>()
  readonly #backlog: Backlog
  readonly #held = { size: 0, bytes: 0, items: 0, requests: 0 }
  #closed = false

  constructor(options: MemoryQueueOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#backlog = new Backlog(this.#clock)
  }

  async start(): Promise<void> {}

  async offer(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const size = queueSize(batch, this.#options.sizer)
    if (this.#closed) throw this.#closedError()
    if (size > this.#options.capacity) throw this.#tooLargeError(size)
    if (this.#senders.size === 0 && this.#fits(size)) this.#accept(batch, size)
    else if (this.#options.blockOnOverflow) await this.#waitForRoom(batch, size, signal)
    else throw this.#fullError()
  }

  async take(signal: AbortSignal): Promise<QueueItem | undefined> {
    if (signal.aborted) return undefined
    const item = this.#items.shift()
    if (item !== undefined || this.#closed) return item
    return await new Promise(resolve => {
      const taker: Taker = given => {
        signal.removeEventListener('abort', leave)
        this.#takers.delete(taker)
        resolve(given)
      }
      const leave = (): void => taker(undefined)
      signal.addEventListener('abort', leave)
      this.#takers.add(taker)
    })
  }

  done(item: QueueItem): void {
    const own = item as Item
    if (!own.held) return
    own.held = false
    this.#hold(own, -1)
    this.#admitSenders()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const sender of this.#senders) sender.refuse(this.#closedError())
    for (const taker of this.#takers) taker(undefined)
  }

  async stop(): Promise<void> {
    this.close()
  }

  stats(): QueueStats {
    const { sizer, capacity } = this.#options
    return { sizer, capacity, ...this.#held }
  }

  #fits(size: number): boolean {
    return this.#held.size + size <= this.#options.capacity
  }

  #accept(batch: LogBatch, size: number): void {
    const item: Item = { batch, size, offeredAtMs: this.#clock.now(), held: true }
    this.#hold(item, 1)
    const [taker] = this.#takers
    if (taker === undefined) this.#items.push(item)
    else taker(item)
  }

  #hold({ batch, size }: Item, sign: 1 | -1): void {
    if (sign > 0) this.#backlog.add(size)
    else this.#backlog.remove(size)
    this.#held.size += sign * size
    this.#held.bytes += sign * batch.memoryBytes
    this.#held.items += sign * batch.count
    this.#held.requests += sign
  }

  /** Settles once the batch is inside: nobody who came later takes its room. */
  async #waitForRoom(batch: LogBatch, size: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortError(signal)
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        signal.removeEventListener('abort', giveUp)
        this.#senders.delete(sender)
      }
      const sender: Sender = {
        size,
        admit: () => {
          leave()
          this.#accept(batch, size)
          resolve()
        },
        refuse: error => {
          leave()
          reject(error)
        },
      }
      const giveUp = (): void => {
        sender.refuse(abortError(signal))
        // A large batch that leaves may have kept smaller ones behind it waiting.
        this.#admitSenders()
      }
      signal.addEventListener('abort', giveUp)
      this.#senders.add(sender)
    })
  }

  #admitSenders(): void {
    for (const sender of this.#senders) {
      if (!this.#fits(sender.size)) return
      sender.admit()
    }
  }

  #closedError(): PipelineError {
    return PipelineError.retryable(`sending_queue of ${this.#options.name} is shutting down`, {
      reason: 'shutting_down',
    })
  }

  #tooLargeError(size: number): PipelineError {
    const { name, sizer, capacity } = this.#options
    return PipelineError.permanent(
      `batch of ${size} ${sizer} can never fit into the sending_queue of ${name}: queue_size is ${capacity}; raise it or send smaller batches`,
      { code: 'resource_exhausted', reason: 'larger_than_queue' },
    )
  }

  /**
   * Asks the sender to wait as long as the destination is behind: as the oldest waiting batch has
   * waited, or as the queue will take to drain.
   */
  #fullError(): PipelineError {
    const { name, sizer, capacity } = this.#options
    const oldest = this.#items.peek()
    const oldestMs = oldest === undefined ? 0 : this.#clock.now() - oldest.offeredAtMs
    const behindMs = this.#backlog.behindMs(oldestMs)
    return PipelineError.retryable(
      `sending_queue of ${name} is full: ${this.#held.size} of ${capacity} ${sizer}`,
      { reason: 'queue_full', retryAfterMs: retryAfterMs(behindMs) },
    )
  }
}
