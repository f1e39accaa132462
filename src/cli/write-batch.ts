import { once } from 'node:events'
import type { LogBatch } from '../batch/log-batch.ts'
import { encodeLogs } from '../otlp/encode-logs.ts'
import { encodeLogsJson } from '../otlp/encode-logs-json.ts'

/**
 * Writes a batch as the Collector's file exporter does: a line of OTLP JSON, or protobuf behind its
 * length in four bytes, the highest first. Waits while the reader is slow.
 */
export async function writeBatch(
  stream: NodeJS.WritableStream,
  batch: LogBatch,
  format: 'json' | 'proto',
): Promise<void> {
  const more = format === 'json' ? stream.write(`${encodeLogsJson(batch)}\n`) : writeProto()
  if (!more) await once(stream, 'drain')

  function writeProto(): boolean {
    const bytes = encodeLogs(batch)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    stream.write(length)
    return stream.write(bytes)
  }
}
