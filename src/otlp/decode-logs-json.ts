import type { BatchContext } from '../batch/batch.ts'
import { type DecodedLogs, decodeLogs } from './decode-logs.ts'
import { LOGS_REQUEST } from './json-shapes.ts'
import { JsonTranscoder } from './json-transcoder.ts'

/**
 * Reads the JSON of an ExportLogsServiceRequest (or LogsData). It is rewritten as protobuf first,
 * so that there is one columnar form: the batch does not refer to `json` afterwards.
 *
 * Lenient, as the Collector is: keys in lowerCamelCase or snake_case, unknown keys ignored, null is
 * absent, ids in hex of either case, 64-bit integers as strings or numbers (both keep all digits),
 * enums as integers or names, bytes in base64 of either alphabet. A record with a fault inside is
 * rejected alone, with its JSON path in the reason; a fault outside the records and text that is
 * not JSON throw JsonError, too many records TooManyRecordsError.
 */
export function decodeLogsJson(json: Buffer, context: BatchContext): DecodedLogs {
  const transcoder = new JsonTranscoder(json)
  const decoded = decodeLogs(transcoder.transcode(LOGS_REQUEST), context)
  const { rejectedCount, rejectedReason } = transcoder
  return {
    batch: decoded.batch,
    rejectedCount: rejectedCount + decoded.rejectedCount,
    rejectedReason: rejectedReason || decoded.rejectedReason,
  }
}
