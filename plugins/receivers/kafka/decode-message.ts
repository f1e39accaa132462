import { type BatchContext, type DecodedLogs, decodeLogs, decodeLogsJson } from '#core'
import { type KafkaMessage, UNDECODABLE_HEADER } from '#core/kafka'

/** Reads one message. Throws an Error that says why it can never be read. */
export type MessageDecoder = (message: KafkaMessage, context: BatchContext) => DecodedLogs

/** The decoder of an `encoding` of which a message is a request with many records. */
export function messageDecoder(encoding: 'otlp_proto' | 'otlp_json'): MessageDecoder {
  const decode = encoding === 'otlp_proto' ? decodeLogs : decodeLogsJson
  return (message, context) => decode(valueOf(message), context)
}

/** The bytes of a message; none for a tombstone. Throws an Error when it could not be unpacked. */
export function valueOf({ value, headers }: KafkaMessage): Buffer {
  const undecodable = headers[UNDECODABLE_HEADER]
  if (undecodable !== undefined && value === null) throw new Error(String(undecodable))
  return value ?? Buffer.alloc(0)
}
