import { type LogBatch, mergeLogs } from '#core'
import type { KafkaMessage, TopicPartition } from '#core/kafka'
import type { KafkaReceiverConfig } from './config.ts'
import { type MessageDecoder, messageDecoder } from './decode-message.ts'
import { commonContext, HeaderAttributes, messageContext } from './message-context.ts'

/** A message that can never be read or stored. */
export interface DeadMessage {
  readonly message: KafkaMessage
  readonly reason: string
}

export interface DecodedRange {
  /** All records in order, not named yet; undefined when there are none. */
  readonly batch: LogBatch | undefined
  readonly dead: readonly DeadMessage[]
  /** Records that could not be read in messages that could, and why the first could not. */
  readonly rejectedCount: number
  readonly rejectedReason: string
}

/** Reads the messages of a batch into one. The same messages give the same. */
export class RangeDecoder {
  readonly #decode: MessageDecoder
  readonly #headers: HeaderAttributes | undefined

  constructor({ logs, header_extraction: { extract_headers, headers } }: KafkaReceiverConfig) {
    this.#decode = messageDecoder(logs.encoding)
    this.#headers =
      extract_headers && headers.length > 0 ? new HeaderAttributes(headers) : undefined
  }

  decode(from: TopicPartition, messages: readonly KafkaMessage[]): DecodedRange {
    const batches: LogBatch[] = []
    const dead: DeadMessage[] = []
    let rejectedCount = 0
    let rejectedReason = ''
    for (const message of messages) {
      try {
        const decoded = this.#decode(message, messageContext(from, message))
        if (decoded.rejectedCount > 0) rejectedReason ||= decoded.rejectedReason
        rejectedCount += decoded.rejectedCount
        const batch = this.#headers?.add(decoded.batch) ?? decoded.batch
        if (batch.count > 0) batches.push(batch)
      } catch (error) {
        dead.push({ message, reason: (error as Error).message })
      }
    }
    return { batch: joined(batches), dead, rejectedCount, rejectedReason }
  }
}

function joined(batches: readonly LogBatch[]): LogBatch | undefined {
  if (batches.length <= 1) return batches[0]
  return mergeLogs(batches, commonContext(batches.map(({ context }) => context)))
}
