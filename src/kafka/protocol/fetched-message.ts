import type { RecordHeaders } from './read-records.ts'
import type { RecordBatchHeader } from './record-batch-header.ts'

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

/** For a batch that says it has more, one message stands for all. */
const STAND_INS_MAX = 100_000
const REASON_CHARACTERS_MAX = 200

/** What has to be known of a batch to stand in for its messages. */
export type Undecodable = Pick<
  RecordBatchHeader,
  | 'baseOffset'
  | 'lastOffsetDelta'
  | 'count'
  | 'maxMs'
  | 'isControl'
  | 'isTransactional'
  | 'producerId'
>

/**
 * For a batch that is as its producer made it and yet cannot be read: as many messages as it has,
 * without key and value, one offset after the other up to the batch's last. They are set aside one by
 * one, where a failure would hold up every partition of the broker.
 */
export function undecodableMessages(batch: Undecodable, reason: string): FetchedMessage[] {
  const { baseOffset, count, producerId, isTransactional } = batch
  const last = baseOffset + Math.max(batch.lastOffsetDelta, 0)
  const batchContext = { producerId, inTransaction: isTransactional }
  const fields = { timestampMs: batch.maxMs, isControlRecord: batch.isControl, batchContext }
  const isTrue = count >= 1 && last - baseOffset >= count - 1
  if (!isTrue || count > STAND_INS_MAX) {
    return [standIn(last, `the batch from offset ${baseOffset} on: ${reason}`, fields)]
  }
  return Array.from({ length: count }, (_, i) =>
    standIn(i === count - 1 ? last : baseOffset + i, reason, fields),
  )
}

/** For a batch of which nothing can be believed: always seen, whatever it may have been. */
export function damagedMessage(offset: number, reason: string): FetchedMessage {
  const batchContext = { producerId: '-1', inTransaction: false }
  return standIn(offset, reason, { timestampMs: 0, isControlRecord: false, batchContext })
}

function standIn(
  offset: number,
  reason: string,
  {
    timestampMs,
    isControlRecord,
    batchContext,
  }: Pick<FetchedMessage, 'isControlRecord' | 'batchContext'> & { readonly timestampMs: number },
): FetchedMessage {
  return {
    offset: String(offset),
    timestamp: String(timestampMs),
    key: null,
    value: null,
    headers: { [UNDECODABLE_HEADER]: Buffer.from(reason.slice(0, REASON_CHARACTERS_MAX)) },
    isControlRecord,
    batchContext,
  }
}
