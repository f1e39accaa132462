import type { LogBatch } from '../batch/log-batch.ts'
import { decodeLogs } from '../otlp/decode-logs.ts'
import type { ReadRecord } from './log/log-reader.ts'
import { decodeBody } from './log/record.ts'

/**
 * The batch of a record that was read back, as it went in.
 * @throws Error when it is intact and cannot be decoded all the same, by a stricter decoder than
 * that of the version which wrote it.
 */
export function batchOf({ header, bytes }: ReadRecord, queueId: string): LogBatch {
  const { meta, data } = decodeBody(bytes, 0, header)
  const context = { ...meta.context, receivedAtUnixMs: header.acceptedAtUnixMs, queueId }
  const origin = meta.origin ?? originOf(queueId, header.sequence)
  return decodeLogs(data, context).batch.with({ origin })
}

/** The identity of a batch that came without one. */
export function originOf(queueId: string, sequence: number): string {
  return `${queueId}/${sequence}`
}
