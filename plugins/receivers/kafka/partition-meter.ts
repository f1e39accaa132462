import type { PluginContext } from '#core'
import type { TopicPartition } from '#core/kafka'
import type { DispatchMeter } from './dispatcher.ts'

/** The metrics of one partition, by the Collector's names where it has them. */
export class PartitionMeter implements DispatchMeter {
  readonly #labels: { receiver: string; topic: string; partition: string }
  readonly #context: PluginContext

  constructor(context: PluginContext, { topic, partition }: TopicPartition) {
    this.#context = context
    this.#labels = { receiver: context.id, topic, partition: String(partition) }
    context.metrics.kafka.partitionStart.inc({ receiver: context.id })
  }

  fetched(messages: number, bytes: number): void {
    const { kafka } = this.#context.metrics
    kafka.records.inc(this.#labels, messages)
    kafka.bytes.inc(this.#labels, bytes)
  }

  /** `position` is the first offset that is not done. */
  position(position: number, highWatermark: number): void {
    const { kafka } = this.#context.metrics
    kafka.currentOffset.set(this.#labels, position)
    kafka.offsetLag.set(this.#labels, Math.max(0, highWatermark - position))
  }

  /** How long the oldest message that is here and not committed has been here. */
  commitAge(seconds: number): void {
    this.#context.metrics.kafka.commitAge.set(this.#labels, seconds)
  }

  accepted(records: number): void {
    const { id, metrics } = this.#context
    metrics.receiverAccepted.inc({ receiver: id, transport: 'kafka' }, records)
  }

  refused(records: number): void {
    const { id, metrics } = this.#context
    metrics.receiverRefused.inc({ receiver: id, transport: 'kafka' }, records)
  }

  unreadable(count: number): void {
    const { id, metrics } = this.#context
    metrics.kafka.unmarshalFailed.inc({ receiver: id }, count)
    metrics.receiverFailed.inc({ receiver: id, transport: 'kafka' }, count)
  }

  deadLettered(messages: number): void {
    this.#context.metrics.kafka.deadLettered.inc({ receiver: this.#context.id }, messages)
  }

  dropped(reason: string, count: number): void {
    this.#context.metrics.dropped.inc({ component: this.#context.id, reason }, count)
  }

  close(): void {
    const { kafka } = this.#context.metrics
    kafka.partitionClose.inc({ receiver: this.#context.id })
    for (const gauge of [kafka.currentOffset, kafka.offsetLag, kafka.commitAge]) {
      gauge.remove(this.#labels)
    }
  }
}
