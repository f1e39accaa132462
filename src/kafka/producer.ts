import type { Kafka, Message, Producer } from 'kafkajs'
import { abortError, orAborted } from '../plugin/abort.ts'
import { isTooLarge, kafkaError } from './kafka-errors.ts'
import { COMPRESSION_TYPES, type KafkaCompression } from './kafkajs.ts'
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
  /** How long the broker may wait for its replicas, in milliseconds. */
  readonly timeoutMs: number
  /** Bytes of one request, before compression. */
  readonly requestBytesMax: number
  readonly allowAutoTopicCreation: boolean
  readonly metadataMaxAgeMs: number
}

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
   * Resolves when all records are with the broker; the order of one call is kept within a partition.
   * Rejects with PipelineError, and then some of them may be there; `isTooLarge` says that the
   * broker takes no message of that size. What was begun goes on when `signal` aborts.
   */
  async send(records: readonly KafkaRecord[], signal: AbortSignal): Promise<void> {
    await orAborted(this.#sendAll(records, signal), signal)
  }

  /** Ends all connections; what is on its way is given up. */
  async close(): Promise<void> {
    this.#closed = true
    for (const waiting of this.#waiting.splice(0)) waiting(undefined)
    await Promise.allSettled([...this.#lanes].map(lane => lane.disconnect()))
    this.#lanes.clear()
  }

  async #sendAll(records: readonly KafkaRecord[], signal: AbortSignal): Promise<void> {
    const lane = await this.#take()
    let isSound = true
    try {
      for (const request of requestsOf(records, this.#options.requestBytesMax)) {
        if (signal.aborted) throw abortError(signal)
        isSound = false
        await this.#request(lane, request)
        isSound = true
      }
    } finally {
      if (isSound) this.#release(lane)
      else this.#replace(lane)
    }
  }

  /** Sends at once, and one by one when the broker finds that too large. */
  async #request(lane: Producer, records: readonly KafkaRecord[]): Promise<void> {
    try {
      await this.#produce(lane, records)
    } catch (thrown) {
      const error = kafkaError(thrown, `topic ${records[0]!.topic}`)
      if (!isTooLarge(error) || records.length === 1) throw error
      for (const record of records) await this.#request(lane, [record])
    }
  }

  async #produce(lane: Producer, records: readonly KafkaRecord[]): Promise<void> {
    const { acks, compression, timeoutMs } = this.#options
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
      compression: COMPRESSION_TYPES[compression],
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
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: PRODUCER_RETRIES },
    })
    try {
      await lane.connect()
    } catch (thrown) {
      await lane.disconnect().catch(() => undefined)
      throw kafkaError(thrown, 'connecting')
    } finally {
      this.#openings--
      // Whoever waits may have been counting on the lane that did not come about.
      this.#openForWaiting()
    }
    this.#lanes.add(lane)
    return lane
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

/** Cuts records into requests of at most `bytesMax`, in order; one too large is a request itself. */
function* requestsOf(
  records: readonly KafkaRecord[],
  bytesMax: number,
): Generator<readonly KafkaRecord[]> {
  let request: KafkaRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = record.value.length + (record.key?.length ?? 0)
    if (request.length > 0 && bytes + size > bytesMax) {
      yield request
      request = []
      bytes = 0
    }
    request.push(record)
    bytes += size
  }
  if (request.length > 0) yield request
}
