import type { LogBatch } from '../batch/log-batch.ts'
import type { Origin } from '../batch/origin.ts'

/** gRPC status names (grpc.io/docs/guides/status-codes), in lower case. */
export type ErrorCode =
  | 'cancelled'
  | 'unknown'
  | 'invalid_argument'
  | 'deadline_exceeded'
  | 'not_found'
  | 'already_exists'
  | 'permission_denied'
  | 'resource_exhausted'
  | 'failed_precondition'
  | 'aborted'
  | 'out_of_range'
  | 'unimplemented'
  | 'internal'
  | 'unavailable'
  | 'data_loss'
  | 'unauthenticated'

/** Some records of a batch, and what the destination said of them. */
export interface RefusedPart {
  /** The records: a view of the batch that was sent. */
  readonly records: LogBatch
  /**
   * The identity they were sent under. Whoever sends them again by themselves MUST give them this
   * origin, so that a destination that deduplicates knows them.
   */
  readonly origin: Origin
  readonly error: PipelineError
}

/** How much of a batch the destination refused for good while it accepted all the rest. */
export interface Rejected {
  /** Log records, from 1 up to the whole batch. */
  readonly count: number
  /** Which, each once; absent when the destination does not say (OTLP's partial success). */
  readonly parts?: readonly RefusedPart[]
}

export interface PipelineErrorOptions {
  readonly code: ErrorCode
  /** May the same batch succeed later? `false` means: never send it again. */
  readonly retryable: boolean
  /** The least wait before the next try, in milliseconds, when the refuser named one. */
  readonly retryAfterMs?: number
  /** Short stable label for the metric that counts the loss, such as `queue_full`. */
  readonly reason?: string
  /**
   * Of a permanent error: only these records were refused, all others of the batch are accepted.
   * Absent: the whole batch was refused.
   */
  readonly rejected?: Rejected | undefined
  /**
   * Of a retryable error after some parts of the batch are already safe: the parts that are not.
   * Sending the whole batch again stores nothing twice; who gives up instead (dead letter) keeps
   * these parts only, under their own origins.
   */
  readonly pending?: readonly RefusedPart[] | undefined
  readonly cause?: unknown
}

/** The one error a stage rejects with: it says what went wrong and whether to try again. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly reason: string
  readonly rejected: Rejected | undefined
  readonly pending: readonly RefusedPart[] | undefined

  constructor(message: string, options: PipelineErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    this.retryable = options.retryable
    this.retryAfterMs = options.retryAfterMs
    this.reason = options.reason ?? options.code
    this.rejected = options.retryable ? undefined : options.rejected
    this.pending = options.retryable ? options.pending : undefined
  }

  /** A refusal that the sender should repeat later. */
  static retryable(message: string, options: Partial<PipelineErrorOptions> = {}): PipelineError {
    return new PipelineError(message, { code: 'unavailable', ...options, retryable: true })
  }

  /** A refusal that no repetition will change. */
  static permanent(message: string, options: Partial<PipelineErrorOptions> = {}): PipelineError {
    return new PipelineError(message, { code: 'invalid_argument', ...options, retryable: false })
  }

  /**
   * Turns anything thrown into a PipelineError, at borders only. An unknown exception is a fault of
   * ours: `internal`, retryable, so that the sender keeps the data.
   */
  static from(thrown: unknown): PipelineError {
    if (thrown instanceof PipelineError) return thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    if (thrown instanceof Error && thrown.name === 'AbortError') {
      return new PipelineError(message, { code: 'cancelled', retryable: true, cause: thrown })
    }
    return new PipelineError(message, { code: 'internal', retryable: true, cause: thrown })
  }
}
