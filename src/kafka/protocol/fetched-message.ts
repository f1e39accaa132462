import type { RecordHeaders } from './read-records.ts'

/** A message as kafkajs has it: offsets and times are text. */
export interface FetchedMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: RecordHeaders
  /** The end of a transaction, for no application to see. */
  readonly isControlRecord: boolean
  /** The same for all messages of a batch. */
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }
}

/** Header of a message that stands for one that could not be read; its value is the reason. */
export const UNDECODABLE_HEADER = 'parsec.undecodable'

/** A batch that says it has more is not worth the memory. */
const MESSAGES_MAX = 1_000_000
const REASON_CHARACTERS_MAX = 200

/** What has to be known of a batch to stand in for its messages. */
export interface Undecodable {
  readonly baseOffset: number
  readonly lastOffsetDelta: number
  readonly count: number
  readonly maxMs: number
  readonly isControl: boolean
  readonly isTransactional: boolean
  readonly producerId: string
}

/**
 * As many messages as the batch has, without key and value, one offset after the other up to the
 * batch's last: to be set aside one by one, where a failure would hold up every partition of the
 * broker. Throws when the batch says of itself what cannot be true.
 */
export function undecodableMessages(batch: Undecodable, reason: string): FetchedMessage[] {
  const { baseOffset, count, lastOffsetDelta, producerId, isTransactional } = batch
  if (count < 1 || count > MESSAGES_MAX || lastOffsetDelta < count - 1) {
    throw new Error(`the record batch at offset ${baseOffset} cannot be read: ${reason}`)
  }
  const headers = { [UNDECODABLE_HEADER]: Buffer.from(reason.slice(0, REASON_CHARACTERS_MAX)) }
  const batchContext = { producerId, inTransaction: isTransactional }
  return Array.from({ length: count }, (_, i) => ({
    offset: String(baseOffset + (i === count - 1 ? lastOffsetDelta : i)),
    timestamp: String(batch.maxMs),
    key: null,
    value: null,
    headers,
    isControlRecord: batch.isControl,
    batchContext,
  }))
}
