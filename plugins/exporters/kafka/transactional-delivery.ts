import { identityOf, type LogBatch, type PipelineError } from '#core'
import {
  type Committed,
  isTooLarge,
  kafkaError,
  type SendInTransaction,
  type TransactionalProducer,
} from '#core/kafka'
import type { KafkaExporterConfig } from './config.ts'
import { cutAgain, cutMessages, type Outgoing, type Refusal } from './messages.ts'

/**
 * One batch on its way to the broker in one transaction, through all attempts. What the broker
 * refuses for good costs a transaction each time: it is aborted, and begun anew without.
 */
export class TransactionalDelivery {
  readonly refusals: Refusal[]
  readonly #config: KafkaExporterConfig
  readonly #requests: Outgoing[][]
  #identity: string
  #running: Promise<Committed> | undefined
  #isWritten = false

  /** Cuts the batch into messages. */
  constructor(batch: LogBatch, config: KafkaExporterConfig) {
    const { messages, refusals } = cutMessages(batch, config)
    this.#config = config
    this.#requests = requestsOf(messages, config.producer.max_message_bytes)
    this.#identity = identityOf(batch)
    this.refusals = [...refusals]
  }

  /**
   * Resolves when the broker has all messages but those in `refusals`; joins an attempt that still
   * runs, or has come to its end while nobody waited. @throws PipelineError
   */
  run(producer: TransactionalProducer): Promise<Committed> {
    this.#running ??= this.#transact(producer).finally(() => {
      if (!this.#isWritten) this.#running = undefined
    })
    return this.#running
  }

  async #transact(producer: TransactionalProducer): Promise<Committed> {
    while (this.#requests.some(({ length }) => length > 0)) {
      let underWay: Outgoing[] = []
      const work = async (send: SendInTransaction): Promise<void> => {
        for (underWay of this.#requests) {
          if (underWay.length > 0) await send(underWay.map(({ message }) => message))
        }
      }
      try {
        const committed = await producer.transact(this.#identity, work)
        this.#isWritten = true
        return committed
      } catch (thrown) {
        const error = kafkaError(thrown, 'sending')
        if (error.retryable) throw error
        this.#split(underWay, error)
      }
    }
    return 'now'
  }

  /** Of several messages it may be only one: half of them may do. */
  #split(refused: Outgoing[], error: PipelineError): void {
    const at = this.#requests.indexOf(refused)
    const [only] = refused
    if (refused.length > 1) {
      const middle = Math.ceil(refused.length / 2)
      this.#requests.splice(at, 1, refused.slice(0, middle), refused.slice(middle))
    } else if (isTooLarge(error)) this.#cut(only!)
    else {
      this.#requests.splice(at, 1)
      this.#refuse([{ records: only!.target.records, error }])
    }
  }

  /**
   * The broker's own limit is lower than ours. All messages that are as long are cut with the first
   * that it refused, so that it is not one transaction for each.
   */
  #cut(refused: Outgoing): void {
    const bytes = refused.message.value.length
    for (const [i, request] of this.#requests.entries()) {
      this.#requests[i] = request.flatMap(outgoing => {
        const { message, target } = outgoing
        const isLong = message.value.length >= bytes && target.records.count > 1
        if (!isLong && outgoing !== refused) return [outgoing]
        const { messages, refusals } = cutAgain(outgoing, this.#config)
        this.#refuse(refusals)
        return messages
      })
    }
  }

  /**
   * What the broker has refused is not known to a process that finds the batch noted after a crash,
   * and would be lost: so it goes under a name that this one does not look for.
   */
  #refuse(refusals: readonly Refusal[]): void {
    if (refusals.length === 0) return
    this.refusals.push(...refusals)
    this.#identity += '/refused'
  }
}

/** The broker bounds what one partition gets in a request. */
function requestsOf(messages: readonly Outgoing[], bytesMax: number): Outgoing[][] {
  const requests: Outgoing[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const outgoing of messages) {
    const { value, key } = outgoing.message
    const size = value.length + (key?.length ?? 0)
    bytes += size
    if (bytes > bytesMax) {
      requests.push([])
      bytes = size
    }
    requests.at(-1)!.push(outgoing)
  }
  return requests
}
