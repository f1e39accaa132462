import type { LogBatch, PipelineError } from '#core'
import { isTooLarge, type KafkaProducer, kafkaError } from '#core/kafka'
import type { KafkaExporterConfig } from './config.ts'
import { cutAgain, cutMessages, type Outgoing, type Refusal } from './messages.ts'

/**
 * One batch on its way to the broker, through all attempts: what the broker has confirmed is not
 * sent again, and an attempt that nobody waits for any more is joined by the next one.
 */
export class Delivery {
  readonly refusals: Refusal[]
  readonly #config: KafkaExporterConfig
  readonly #messages: Outgoing[]
  #running: Promise<void> | undefined
  /** One message a request, since one of several was refused for good. */
  #oneByOne = false

  /** Cuts the batch into messages. */
  constructor(batch: LogBatch, config: KafkaExporterConfig) {
    const { messages, refusals } = cutMessages(batch, config)
    this.#config = config
    this.#messages = [...messages]
    this.refusals = [...refusals]
  }

  /** Resolves when the broker has all messages but those in `refusals`. @throws PipelineError */
  run(producer: KafkaProducer): Promise<void> {
    this.#running ??= this.#sendAll(producer).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #sendAll(producer: KafkaProducer): Promise<void> {
    while (this.#messages.length > 0) await this.#sendSome(producer, this.#requestLength())
  }

  async #sendSome(producer: KafkaProducer, count: number): Promise<void> {
    const outgoing = this.#messages.slice(0, count)
    try {
      await producer.send(outgoing.map(({ message }) => message))
      this.#messages.splice(0, count)
    } catch (thrown) {
      const error = kafkaError(thrown, `topic ${outgoing[0]!.message.topic}`)
      if (error.retryable) throw error
      // It may be only one of them, and of the others some may be stored: once more, but not more.
      this.#oneByOne = true
      if (count > 1) for (let i = 0; i < count; i++) await this.#sendSome(producer, 1)
      else this.#setAside(outgoing[0]!, error)
    }
  }

  /** The broker's own limit is lower than ours, or it takes no such message at all. */
  #setAside(outgoing: Outgoing, error: PipelineError): void {
    this.#messages.shift()
    if (!isTooLarge(error)) {
      this.refusals.push({ records: outgoing.target.records, error })
      return
    }
    const { messages, refusals } = cutAgain(outgoing, this.#config)
    this.#messages.unshift(...messages)
    this.refusals.push(...refusals)
  }

  /** How many of the first messages make a request: the broker bounds what one partition gets. */
  #requestLength(): number {
    if (this.#oneByOne) return 1
    let bytes = 0
    let count = 0
    for (const { message } of this.#messages) {
      bytes += message.value.length + (message.key?.length ?? 0)
      if (count > 0 && bytes > this.#config.producer.max_message_bytes) break
      count++
    }
    return count
  }
}
