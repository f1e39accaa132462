import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { kafkajs } from '../../../kafka/kafkajs.ts'
import { numbersInTopic } from './read-topic.ts'

/** The broker may be down for a run beside this one. */
const ASK_MS_MAX = 90_000
const ASK_PAUSE_MS = 200

/** The topic of one run and what its consumer group has done of it, asked of the broker itself. */
export class KafkaTopic {
  readonly #brokers: string
  readonly #topic: string
  readonly #groupId: string

  constructor(brokers: string, topic: string, groupId: string) {
    this.#brokers = brokers
    this.#topic = topic
    this.#groupId = groupId
  }

  /** Resolves when all its partitions can be written. */
  async create(partitions: number): Promise<void> {
    const topic = this.#topic
    await this.#ask(async admin => {
      // False when it is there already, by a try whose answer was lost.
      await admin.createTopics({
        topics: [{ topic, numPartitions: partitions }],
        waitForLeaders: false,
      })
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      const leaders = topics.flatMap(({ partitions: all }) => all.map(({ leader }) => leader))
      if (leaders.length < partitions || leaders.some(leader => leader < 0))
        throw new Error(`no leader for each of ${partitions} partitions of ${topic}`)
    })
  }

  /** The offset that the next message gets, by partition. */
  async ends(): Promise<readonly number[]> {
    const offsets = await this.#ask(admin => admin.fetchTopicOffsets(this.#topic))
    return byPartition(offsets.map(({ partition, high }) => ({ partition, offset: high })))
  }

  /** The offset that the group goes on with, by partition; below 0 where it has committed none. */
  async committed(): Promise<readonly number[]> {
    const request = { groupId: this.#groupId, topics: [this.#topic] }
    const topics = await this.#ask(admin => admin.fetchOffsets(request))
    return byPartition(topics.flatMap(({ partitions }) => partitions))
  }

  /** How often each record's number is in it. */
  async numbers(): Promise<ReadonlyMap<number, number>> {
    return await numbersInTopic(this.#brokers, this.#topic)
  }

  /** On a connection of its own, again and again until it is answered. */
  async #ask<T>(ask: (admin: Admin) => Promise<T>): Promise<T> {
    const kafka = new kafkajs.Kafka({
      brokers: [this.#brokers],
      clientId: 'oracle',
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 5 },
    })
    const deadlineMs = performance.now() + ASK_MS_MAX
    for (;;) {
      const admin = kafka.admin()
      try {
        await admin.connect()
        return await ask(admin)
      } catch (error) {
        if (performance.now() > deadlineMs) throw error
        await sleep(ASK_PAUSE_MS)
      } finally {
        await admin.disconnect().catch(() => undefined)
      }
    }
  }
}

function byPartition(
  offsets: readonly { readonly partition: number; readonly offset: string }[],
): number[] {
  return offsets.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset))
}
