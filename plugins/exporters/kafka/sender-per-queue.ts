import { randomBytes } from 'node:crypto'
import type { LogBatch } from '#core'
import { clusterId, type KafkaClient } from '#core/kafka'
import type { Sender, Sending } from './sender.ts'

/**
 * Sends the batches of each queue on disk under the name of that queue. Usually there is one; those
 * that other processes have left behind come with their own.
 */
export class SenderPerQueue implements Sender {
  readonly #kafka: KafkaClient
  readonly #create: (queueId: string) => Sender
  readonly #senders = new Map<string, Sender>()
  /** For batches of no queue, dead letters of others: nobody will ask for them by this name again. */
  readonly #ownId = randomBytes(8).toString('hex')

  constructor(kafka: KafkaClient, create: (queueId: string) => Sender) {
    this.#kafka = kafka
    this.#create = create
  }

  /** Whose transactions are to be opened is known with the first batch. */
  async connect(): Promise<void> {
    await clusterId(this.#kafka)
  }

  begin(batch: LogBatch): Sending {
    const { queueId = this.#ownId } = batch.context
    let sender = this.#senders.get(queueId)
    if (sender === undefined) {
      sender = this.#create(queueId)
      this.#senders.set(queueId, sender)
    }
    return sender.begin(batch)
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#senders.values()].map(sender => sender.close()))
  }
}
