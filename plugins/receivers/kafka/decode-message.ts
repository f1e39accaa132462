import {
  type AnyValue,
  type BatchContext,
  buildLogs,
  type DecodedLogs,
  decodeLogs,
  decodeLogsJson,
  type LogBatch,
  PipelineError,
} from '#core'
import { type KafkaMessage, UNDECODABLE_HEADER } from '#core/kafka'

/** Reads one message. Throws an Error that says why it can never be read. */
export type MessageDecoder = (message: KafkaMessage, context: BatchContext) => DecodedLogs

/** As deep as OTLP itself may nest. */
const DEPTH_MAX = 100

/** The decoder of a checked `encoding`. */
export function messageDecoder(encoding: string): MessageDecoder {
  const decode = valueDecoder(encoding)
  return (message, context) => {
    const undecodable = message.headers[UNDECODABLE_HEADER]
    if (undecodable !== undefined && message.value === null) throw new Error(String(undecodable))
    return decode(message, context)
  }
}

function valueDecoder(encoding: string): MessageDecoder {
  const bytesOf = ({ value }: KafkaMessage): Buffer => value ?? Buffer.alloc(0)
  switch (encoding) {
    case 'otlp_proto':
      return (message, context) => decodeLogs(bytesOf(message), context)
    case 'otlp_json':
      return (message, context) => decodeLogsJson(bytesOf(message), context)
    case 'raw':
      return (message, context) => oneRecord(bytesOf(message), message, context)
    case 'json':
      return (message, context) => {
        const body = anyValue(JSON.parse(bytesOf(message).toString()), 0)
        return oneRecord(body, message, context)
      }
    default: {
      const text = new TextDecoder(encoding.split('_').slice(1).join('_') || 'utf-8')
      return (message, context) => oneRecord(text.decode(bytesOf(message)), message, context)
    }
  }
}

/** Observed when it was written to Kafka: the same again after a crash. */
function oneRecord(
  body: AnyValue,
  { timestampMs }: KafkaMessage,
  context: BatchContext,
): DecodedLogs {
  const observedTimeUnixNano = BigInt(Math.max(0, timestampMs)) * 1_000_000n
  const batch: LogBatch = buildLogs([{ records: [{ body, observedTimeUnixNano }] }], context)
  return { batch, rejectedCount: 0, rejectedReason: '' }
}

function anyValue(json: unknown, depth: number): AnyValue {
  if (depth > DEPTH_MAX) throw PipelineError.permanent(`JSON nests deeper than ${DEPTH_MAX}`)
  if (json === null) return undefined
  if (Array.isArray(json)) return json.map(item => anyValue(item, depth + 1))
  if (typeof json === 'object') {
    return new Map(
      Object.entries(json as object).map(([key, value]) => [key, anyValue(value, depth + 1)]),
    )
  }
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json
  return json as string | boolean
}
