import { identityOf } from '../batch/identity.ts'
import type { LogBatch } from '../batch/log-batch.ts'
import type { PipelineError, RefusedPart } from '../plugin/pipeline-error.ts'
import type { DeadLetter } from './letter.ts'

/** What a destination says may hold the records themselves. */
const MESSAGE_CHARS_MAX = 2000

/**
 * The letters about a batch that ended with `error`: one for each part that was refused or is
 * pending, else one for the whole batch.
 */
export function lettersOf(
  batch: LogBatch,
  error: PipelineError,
  from: Pick<DeadLetter, 'destination' | 'pipelines'>,
): DeadLetter[] {
  const { rejected, pending } = error
  const parts = rejected === undefined ? pending : rejected.parts
  const whole: RefusedPart = { records: batch, origin: identityOf(batch), error }
  const isCountOnly = rejected !== undefined && parts === undefined
  return (parts ?? [whole]).map(part => ({
    ...letterOf(part, error),
    ...from,
    ...(isCountOnly ? { rejectedCount: rejected.count } : {}),
  }))
}

/** A part that may still be accepted was given up for the reason of the whole. */
function letterOf(
  { records, origin, error: own }: RefusedPart,
  whole: PipelineError,
): Omit<DeadLetter, 'destination' | 'pipelines'> {
  const { reason, code, message } = own.retryable ? whole : own
  return {
    records,
    origin,
    reason,
    code,
    message: message.slice(0, MESSAGE_CHARS_MAX),
    timeMs: Date.now(),
  }
}
