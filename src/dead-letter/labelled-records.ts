import type { AnyValue } from '../batch/any-value.ts'
import type { LogBatch } from '../batch/log-batch.ts'
import { resourceRange } from '../batch/log-cursor.ts'
import { writeKeyValue } from '../otlp/write-any-value.ts'
import { Writer } from '../wire/writer.ts'
import type { DeadLetter } from './letter.ts'

/** Resource.attributes. */
const ATTRIBUTES_TAG = 0x0a
const PREFIX = 'parsec.dead_letter.'

/**
 * A letter's records as a batch that any exporter can send: at the end of every Resource message
 * stand attributes, `parsec.dead_letter.*`, that say what happened. Nothing else is changed: without
 * that end the resource is, byte for byte, what it was, and so are the records.
 */
export function labelledRecords(letter: DeadLetter): LogBatch {
  const { records, origin } = letter
  const label = labelBytes(letter)
  const resourceOverlay = new Map<number, Buffer>()
  for (let i = 0; i < records.count; i++) {
    const scope = records.columns.scope[records.row(i)]!
    const resource = records.scopes.resource[scope]!
    if (resourceOverlay.has(resource)) continue
    const { bytes, offset, end } = resourceRange(records, resource)
    resourceOverlay.set(resource, Buffer.concat([bytes.subarray(offset, end), label]))
  }
  return records.with({ origin, resourceOverlay })
}

function labelBytes(letter: DeadLetter): Buffer {
  const out = new Writer(512)
  for (const [name, value] of Object.entries(labelsOf(letter))) {
    if (value !== undefined) writeKeyValue(out, ATTRIBUTES_TAG, `${PREFIX}${name}`, value)
  }
  return out.finish()
}

function labelsOf(letter: DeadLetter): Record<string, AnyValue> {
  const { records, rejectedCount } = letter
  return {
    reason: letter.reason,
    message: letter.message,
    time: new Date(letter.timeMs).toISOString(),
    destination: letter.destination,
    pipeline: letter.pipelines.join(', '),
    origin: letter.origin,
    request_id: records.context.requestId,
    record_count: BigInt(records.count),
    rejected_count: rejectedCount === undefined ? undefined : BigInt(rejectedCount),
  }
}
