import { abortError } from '../plugin/abort.ts'
import type { Clock } from '../plugin/clock.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { Backlog, retryAfterMs } from '../plugin/retry-after.ts'
import type { Overflow, Sizer } from './queue.ts'

export interface RoomOptions {
  /** Named in refusals: the exporter's id. */
  readonly name: string
  readonly sizer: Sizer
  /** In the unit of `sizer`. */
  readonly capacity: number
  readonly overflow: Overflow
  readonly clock?: Clock | undefined
  /** How long the oldest batch has been waiting, in milliseconds; 0 when none is. */
  readonly behindMs: () => number
  /** `drop_oldest`: how much could be dropped, and dropping what waits longest. */
  readonly droppable?: () => number
  readonly dropOldest?: () => boolean
}

interface Sender {
  readonly size: number
  admit(): void
  refuse(error: PipelineError): void
}

/**
 * The bound of a queue: who may come in now, who waits, who is refused. Whoever waits is let in
 * in the order of arrival, and nobody who came later takes the room.
 */
export class Room {
  readonly #options: RoomOptions
  // A set keeps the order of arrival and lets one that gives up leave from the middle.
  readonly #senders = new Set<Sender>()
  readonly #backlog: Backlog
  #closed = false

  constructor(options: RoomOptions) {
    this.#options = options
    this.#backlog = new Backlog(options.clock)
  }

  /** In the unit of the sizer. */
  get used(): number {
    return this.#backlog.size
  }

  /**
   * Takes room for one batch and calls `admitted`, in the same turn, once it has it; resolves then.
   * Rejects retryably, or permanently for what can never fit.
   */
  async enter(size: number, signal: AbortSignal, admitted: () => void): Promise<void> {
    const { capacity, overflow } = this.#options
    if (this.#closed) throw this.#closedError()
    if (size > capacity) throw this.#tooLargeError(size)
    if (overflow === 'drop_oldest') this.#dropFor(size)
    if (this.#senders.size === 0 && this.#fits(size)) {
      this.#backlog.add(size)
      admitted()
    } else if (overflow === 'block') await this.#wait(size, signal, admitted)
    else throw this.#fullError()
  }

  /** Before work is done for a batch that would be refused whatever its size. Throws as `enter`. */
  assertNotFull(): void {
    const { capacity, overflow } = this.#options
    if (overflow === 'refuse' && this.used >= capacity) throw this.#fullError()
  }

  /** Counts what was inside before this process began; it may be more than the capacity. */
  restore(size: number): void {
    this.#backlog.add(size)
  }

  leave(size: number): void {
    this.#backlog.remove(size)
    this.#admitSenders()
  }

  close(): void {
    this.#closed = true
    for (const sender of this.#senders) sender.refuse(this.#closedError())
  }

  /** Drops nothing when that would not be enough: what is being sent keeps its room. */
  #dropFor(size: number): void {
    const { capacity, droppable, dropOldest } = this.#options
    if (this.used - (droppable?.() ?? 0) + size > capacity) return
    while (!this.#fits(size) && dropOldest?.() === true) {}
  }

  #fits(size: number): boolean {
    return this.used + size <= this.#options.capacity
  }

  async #wait(size: number, signal: AbortSignal, admitted: () => void): Promise<void> {
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
          this.#backlog.add(size)
          admitted()
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
    const { name, sizer, capacity, behindMs } = this.#options
    return PipelineError.retryable(
      `sending_queue of ${name} is full: ${this.used} of ${capacity} ${sizer}`,
      { reason: 'queue_full', retryAfterMs: retryAfterMs(this.#backlog.behindMs(behindMs())) },
    )
  }
}
