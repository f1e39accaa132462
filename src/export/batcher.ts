import { type Clock, systemClock } from '../plugin/clock.ts'
import type { Component, PluginContext } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { MemoryQueue } from '../queue/memory-queue.ts'
import type { BatchConfig } from './config.ts'
import { SendingQueue } from './sending-queue.ts'

export interface BatcherOptions {
  /** How batches are formed, as in `sending_queue::batch`. */
  readonly batch: BatchConfig
  /** Batches on their way at the same time. */
  readonly consumers: number
  /** Bytes of memory held at most; who comes after that waits. */
  readonly bytesMax: number
  readonly context: PluginContext
  readonly clock?: Clock
}

/**
 * Joins the batches of many senders into larger ones for `next`, outside any exporter. Each sender
 * gets the verdict of the batches its records went into: nothing is acknowledged early.
 */
export function createBatcher(next: Consumer, options: BatcherOptions): Batcher {
  const { batch, consumers, bytesMax, context, clock = systemClock } = options
  const queue = new MemoryQueue({
    name: context.id,
    sizer: 'bytes',
    capacity: bytesMax,
    blockOnOverflow: true,
    clock,
  })
  const config = {
    enabled: true,
    num_consumers: consumers,
    wait_for_result: true,
    block_on_overflow: true,
    sizer: 'bytes',
    queue_size: bytesMax,
    batch,
  } as const
  return new SendingQueue(next, { config, queue, context, clock, meter: SILENT })
}

export type Batcher = Consumer & Pick<Component, 'start' | 'stop'>

/** Every sender waits for its verdict, so whoever counts at the ends misses nothing. */
const SILENT = { capacity() {}, size() {}, refused() {}, dropped() {} }
