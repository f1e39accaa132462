import type { LogBatch } from '../batch/log-batch.ts'
import { type Clock, systemClock } from '../plugin/clock.ts'
import {
  type Lot,
  type Overflow,
  type Queue,
  type QueueItem,
  type QueueStats,
  queueSize,
  type Sizer,
} from './queue.ts'
import { Ring } from './ring.ts'
import { Room } from './room.ts'
import { Takers } from './takers.ts'

export interface MemoryQueueOptions {
  /** Named in refusals: the exporter's id. */
  readonly name: string
  readonly sizer: Sizer
  /** In the unit of `sizer`. */
  readonly capacity: number
  readonly overflow: Overflow
  readonly clock?: Clock
  /** `drop_oldest`: told how many log records were dropped. */
  readonly onDropped?: (records: number) => void
}

interface Item extends QueueItem {
  /** Records that are not done yet. */
  left: number
}

/** The sending queue in memory: what it holds is lost when the process dies. */
export class MemoryQueue implements Queue {
  readonly durable = false
  readonly #options: MemoryQueueOptions
  readonly #clock: Clock
  readonly #room: Room
  readonly #items = new Ring<Item>()
  readonly #takers = new Takers<Item>()
  readonly #held = { bytes: 0, items: 0, requests: 0 }
  /** Of what is not taken yet. */
  #waitingSize = 0
  #closed = false

  constructor(options: MemoryQueueOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#room = new Room({
      ...options,
      behindMs: () => this.#behindMs(),
      droppable: () => this.#waitingSize,
      dropOldest: () => this.#dropOldest(),
    })
  }

  async start(): Promise<void> {}

  async offer(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const size = queueSize(batch, this.#options.sizer)
    await this.#room.enter(size, signal, () => this.#accept(batch, size))
  }

  async resume(): Promise<undefined> {}

  async take(signal: AbortSignal): Promise<QueueItem | undefined> {
    if (signal.aborted) return undefined
    const item = this.#shift()
    if (item !== undefined || this.#closed) return item
    return await this.#takers.wait(signal)
  }

  async begin(): Promise<void> {}

  nameOf(): undefined {}

  done({ parts }: Lot): void {
    for (const { item, from, to } of parts) {
      const own = item as Item
      if (own.left <= 0) continue
      own.left -= to - from
      this.#held.items -= to - from
      if (own.left <= 0) this.#release(own)
    }
  }

  close(): void {
    this.#closed = true
    this.#room.close()
    this.#takers.end()
  }

  async stop(): Promise<void> {
    this.close()
  }

  stats(): QueueStats {
    const { sizer, capacity } = this.#options
    return { sizer, capacity, size: this.#room.used, ...this.#held }
  }

  #accept(batch: LogBatch, size: number): void {
    const item: Item = { batch, size, offeredAtMs: this.#clock.now(), left: batch.count }
    this.#held.bytes += batch.memoryBytes
    this.#held.items += batch.count
    this.#held.requests++
    if (this.#takers.give(item)) return
    this.#items.push(item)
    this.#waitingSize += size
  }

  #shift(): Item | undefined {
    const item = this.#items.shift()
    this.#waitingSize -= item?.size ?? 0
    return item
  }

  #release({ batch, size }: Item): void {
    this.#held.bytes -= batch.memoryBytes
    this.#held.requests--
    this.#room.leave(size)
  }

  #dropOldest(): boolean {
    const oldest = this.#shift()
    if (oldest === undefined) return false
    oldest.left = 0
    this.#held.items -= oldest.batch.count
    this.#release(oldest)
    this.#options.onDropped?.(oldest.batch.count)
    return true
  }

  #behindMs(): number {
    const oldest = this.#items.peek()
    return oldest === undefined ? 0 : this.#clock.now() - oldest.offeredAtMs
  }
}
