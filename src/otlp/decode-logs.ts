import type { BatchContext } from '../batch/batch.ts'
import { LogBatch } from '../batch/log-batch.ts'
import { mergeDuplicates } from './merge-duplicates.ts'
import { RequestScan, requestTarget } from './scan-request.ts'
import { NOTHING, surveyRequest } from './survey-request.ts'

export interface DecodedLogs {
  /** The good records. */
  readonly batch: LogBatch
  /** Records that could not be read; they are not in the batch. */
  readonly rejectedCount: number
  /** Why the first of them was rejected; '' when none was. */
  readonly rejectedReason: string
}

/**
 * Reads an ExportLogsServiceRequest (or LogsData: the same bytes) into columns over `bytes`, which
 * MUST NOT change afterwards. A record with a fault inside is rejected alone; a fault outside the
 * records (a length past the end, a broken Resource) throws WireError for the whole request.
 */
export function decodeLogs(bytes: Buffer, context: BatchContext): DecodedLogs {
  const first = scanned(bytes)
  if (!first.duplicated) return decoded(first, context)
  // Faults are those of the bytes that came in: merging may drop a broken value that is overruled.
  return decoded(scanned(mergeDuplicates(bytes), first), context)
}

function scanned(bytes: Buffer, earlier?: RequestScan): RequestScan {
  const survey = surveyRequest(bytes)
  const scan = new RequestScan(requestTarget(bytes, survey), NOTHING, earlier)
  if (survey.duplicated) scan.duplicated = true
  scan.request(0, bytes.length)
  return scan
}

/** The outcome: the batch without the rejected records. */
function decoded(
  { target, rejected, rejectedReason }: RequestScan,
  context: BatchContext,
): DecodedLogs {
  const batch = new LogBatch({ ...target, context })
  const rejectedCount = rejected.size
  if (rejectedCount === 0) return { batch, rejectedCount, rejectedReason: '' }
  const rows = Uint32Array.from({ length: batch.columns.count }, (_, row) => row)
  const selection = rows.filter(row => !rejected.has(row))
  return { batch: batch.with({ selection }), rejectedCount, rejectedReason }
}
