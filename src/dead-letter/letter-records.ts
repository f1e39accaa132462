import type { LogBatch } from '../batch/log-batch.ts'
import { decodeLogs } from '../otlp/decode-logs.ts'
import type { StoredLetter } from './read-letters.ts'

/**
 * The records of a stored letter as the batch that was sent, under its identity. Throws an Error
 * when some of them cannot be read: a processor has made something that no decoder takes.
 */
export function recordsOf({ metadata, logs }: Pick<StoredLetter, 'metadata' | 'logs'>): LogBatch {
  const { origin, request_id: requestId, received_at: receivedAt } = metadata
  const received = receivedAt === undefined ? {} : { receivedAtUnixMs: Date.parse(receivedAt) }
  const { batch, rejectedCount, rejectedReason } = decodeLogs(logs, { requestId, ...received })
  if (rejectedCount > 0) {
    throw new Error(`${rejectedCount} records cannot be read: ${rejectedReason}`)
  }
  return batch.with({ origin })
}
