import type { Kafka, Message, Producer } from 'kafkajs'
import type { KafkaCompression } from './create-codec.ts'
import { kafkaError } from './kafka-errors.ts'
import { packingOf } from './packing.ts'
import { createPartitioner } from './partitioner.ts'

export interface KafkaRecord {
  readonly topic: string
  /** Records with one key go to one partition; absent = to all of them in turn. */
  readonly key?: Buffer | undefined
  readonly value: Buffer
  readonly headers?: Readonly<Record<string, Buffer | string>> | undefined
}

export interface KafkaProducerOptions {
  readonly kafka: Kafka
  /** -1: all in-sync replicas have it; 1: the leader has; 0: nobody is asked. */
  readonly acks: -1 | 0 | 1
  /** The broker drops what it has already, so that our own repetition writes nothing twice. */
  readonly idempotent: boolean
  readonly compression: KafkaCompression
  /** One that the compression has; absent, 0 or -1 = its default. */
  readonly compressionLevel?: number | undefined
  /** How long the broker may wait for its replicas, in milliseconds. */
  readonly timeoutMs: number
  readonly allowAutoTopicCreation: boolean
  readonly metadataMaxAgeMs: number
}

const CONNECT_TRIES = 5
const CONNECT_PAUSE_MS = 200

/** Requests on their way at once, each on a lane of its own. */
const LANES_MAX = 5
/**
 * How often kafkajs repeats by itself, with the same sequence numbers, so that an outage of less
 * than about 40 s leaves no message twice. For `createKafka` too: connecting is part of it.
 */
export const PRODUCER_RETRIES = 40

/**
 * Sends records and resolves when the broker has them.
 *
 * kafkajs numbers the batches of an idempotent producer by hand-back: a request that failed gives
 * its numbers to the next one, and the broker takes that one for a repetition and drops it if it had
 * stored the first after all. So a lane has one request at a time, and is replaced, with a new
 * producer id, when a request has failed for good.
 */
export class KafkaProducer {
  readonly #options: KafkaProducerOptions
  readonly #idle: Producer[] = []
  readonly #waiting: ((lane: Producer | undefined) => void)[] = []
  readonly #lanes = new Set<Producer>()
  #openings = 0
  #closed = false

  constructor(options: KafkaProducerOptions) {
    this.#options = options
  }

  /** Opens the first connection. @throws PipelineError */
  async connect(): Promise<void> {
    this.#release(await this.#take())
  }

  /**
   * Sends records in one request, which the caller bounds: the broker limits what one partition gets
   * at once. Resolves when all are with the broker. Rejects with PipelineError, and then some may be
   * there; `isTooLarge` says that one of them, or what one partition would get, is over the limit.
   */
  async send(records: readonly KafkaRecord[]): Promise<void> {
    const lane = await this.#take()
    try {
      await this.#produce(lane, records)
    } catch (thrown) {
      this.#replace(lane)
      throw kafkaError(thrown, `topic ${records[0]!.topic}`)
    }
    this.#release(lane)
  }

  /** Ends all connections; what is on its way is given up. */
  async close(): Promise<void> {
    this.#closed = true
    for (const waiting of this.#waiting.splice(0)) waiting(undefined)
    await Promise.allSettled([...this.#lanes].map(lane => lane.disconnect()))
    this.#lanes.clear()
  }

  async #produce(lane: Producer, records: readonly KafkaRecord[]): Promise<void> {
    const { acks, compression, compressionLevel, timeoutMs } = this.#options
    const byTopic = new Map<string, Message[]>()
    for (const { topic, key, value, headers } of records) {
      const message: Message = { value, key: key ?? null, ...(headers && { headers }) }
      const messages = byTopic.get(topic)
      if (messages === undefined) byTopic.set(topic, [message])
      else messages.push(message)
    }
    await lane.sendBatch({
      acks,
      timeout: timeoutMs,
      compression: packingOf(compression, compressionLevel),
      topicMessages: [...byTopic].map(([topic, messages]) => ({ topic, messages })),
    })
  }

  async #take(): Promise<Producer> {
    if (this.#closed) throw closedError()
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    if (this.#lanes.size + this.#openings < LANES_MAX) return await this.#open()
    const lane = await new Promise<Producer | undefined>(resolve => this.#waiting.push(resolve))
    if (lane === undefined) throw closedError()
    return lane
  }

  async #open(): Promise<Producer> {
    const { kafka, idempotent, allowAutoTopicCreation, metadataMaxAgeMs } = this.#options
    this.#openings++
    const lane = kafka.producer({
      idempotent,
      allowAutoTopicCreation,
      metadataMaxAge: metadataMaxAgeMs,
      createPartitioner,
      maxInFlightRequests: 1,
    })
    try {
      await this.#connectLane(lane)
      // `close` has not seen it.
      if (this.#closed) throw closedError()
      // Before it stops to count as an opening: a slot MUST NOT look free in between.
      this.#lanes.add(lane)
    } catch (thrown) {
      await lane.disconnect().catch(() => undefined)
      throw kafkaError(thrown, 'connecting')
    } finally {
      this.#openings--
      // Whoever waits may have been counting on the lane that did not come about.
      this.#openForWaiting()
    }
    return lane
  }

  /** kafkajs gives up when a connection breaks while it asks for the producer id. */
  async #connectLane(lane: Producer): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await lane.connect()
        return
      } catch (error) {
        if (this.#closed || tries === CONNECT_TRIES) throw error
        await new Promise(resolve => setTimeout(resolve, CONNECT_PAUSE_MS))
      }
    }
  }

  #release(lane: Producer): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(lane)
    else next(lane)
  }

  #replace(lane: Producer): void {
    this.#lanes.delete(lane)
    lane.disconnect().catch(() => undefined)
    this.#openForWaiting()
  }

  #openForWaiting(): void {
    if (this.#closed || this.#waiting.length === 0) return
    if (this.#lanes.size + this.#openings >= LANES_MAX) return
    const answer = this.#waiting.shift()!
    // oxlint-disable-next-line promise/no-callback-in-promise -- it is a promise's own resolve
    this.#open().then(answer, () => answer(undefined))
  }
}

function closedError(): Error {
  return kafkaError(new Error('the connection is closed or did not come about'), 'sending')
}
