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

export interface PipelineErrorOptions {
  readonly code: ErrorCode
  /** May the same batch succeed later? `false` means: never send it again. */
  readonly retryable: boolean
  /** The least wait before the next try, in milliseconds, when the refuser named one. */
  readonly retryAfterMs?: number
  /** Short stable label for the metric that counts the loss, such as `queue_full`. */
  readonly reason?: string
  readonly cause?: unknown
}

/** The one error a stage rejects with: it says what went wrong and whether to try again. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly reason: string

  constructor(message: string, options: PipelineErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    this.retryable = options.retryable
    this.retryAfterMs = options.retryAfterMs
    this.reason = options.reason ?? options.code
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
