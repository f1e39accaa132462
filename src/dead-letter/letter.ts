import type { LogBatch } from '../batch/log-batch.ts'
import type { Origin } from '../batch/origin.ts'
import type { Component } from '../plugin/component.ts'
import type { ErrorCode } from '../plugin/pipeline-error.ts'

/** Records that a destination will not take, and everything that is known of why. */
export interface DeadLetter {
  readonly records: LogBatch
  /** What the records must be sent under when they are replayed. */
  readonly origin: Origin
  /** The label of the metrics, such as `rejected` or `retries_exhausted`. */
  readonly reason: string
  readonly code: ErrorCode
  /** The words of the destination. */
  readonly message: string
  /** When they were given up; milliseconds since the epoch. */
  readonly timeMs: number
  /** Id of the exporter that could not deliver them. */
  readonly destination: string
  /** Ids of the pipelines that the exporter serves. */
  readonly pipelines: readonly string[]
  /**
   * How many of the records were refused, when the destination did not say which: then `records`
   * is the whole batch, as evidence, and all others of it are delivered.
   */
  readonly rejectedCount?: number
}

/** Log records that this letter stands for. */
export function lostCount({ records, rejectedCount }: DeadLetter): number {
  return rejectedCount ?? records.count
}

/** Where dead letters go. Whoever sends there starts it before and stops it after. */
export interface DeadLetterDestination extends Component {
  /** For people: `exporter file/dead`, `directory /var/lib/parsec/dead-letter`. */
  readonly name: string
  /**
   * Resolves when all letters are safe. Rejects with PipelineError, and then some of them may be
   * written: writing them again MUST be harmless for the caller.
   */
  write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void>
}
