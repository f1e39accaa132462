import { encodeLogs, type LogBatch, type PipelineError } from '#core'
import type { KafkaMessage } from '#core/kafka'
import type { DeadMessage } from './range-decoder.ts'

/** Below what brokers take for a message (1 MiB, with what is around it) unless told otherwise. */
const MESSAGE_BYTES_MAX = 900_000

/**
 * What to set aside of a batch that was refused: the messages as they came, or, when only some of
 * their records were refused, those as messages of their own.
 */
export function refusedMessages(
  messages: readonly KafkaMessage[],
  { message: reason, rejected }: PipelineError,
): DeadMessage[] {
  if (rejected?.parts === undefined) return messages.map(message => ({ message, reason }))
  const headers = { 'parsec.dead_letter.encoding': 'otlp_proto' }
  // A batch does not know which of its messages a record came in.
  const end = messages.length > 1 ? { end: messages.at(-1)!.offset + 1 } : {}
  return rejected.parts.flatMap(({ records, error }) =>
    requestsOf(records).map(value => ({
      message: { ...messages[0]!, key: null, value, headers },
      reason: error.message,
      ...end,
    })),
  )
}

/** The records in requests that each fit a message; one record may be larger. */
function requestsOf(records: LogBatch): Buffer[] {
  const request = encodeLogs(records)
  const { count } = records
  if (request.length <= MESSAGE_BYTES_MAX || count === 1) return [request]
  const middle = Math.ceil(count / 2)
  return [records.slice(0, middle), records.slice(middle, count)].flatMap(requestsOf)
}
