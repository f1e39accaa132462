import type { PartialSuccess } from '../otlp/export-response.ts'

export interface SendOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** A client of one OTLP server, whatever the transport. */
export interface OtlpSender {
  /** Where it sends to, for people; without credentials. */
  readonly destination: string
  /**
   * Sends one encoded request of log records once. Resolves when the server has taken it:
   * with undefined, or with what it rejected or had to say. Rejects with PipelineError.
   */
  sendLogs(request: Buffer, options: SendOptions): Promise<PartialSuccess | undefined>
  /** Lets requests under way finish until `deadline` aborts, then cuts them. */
  close(deadline?: AbortSignal): Promise<void>
}

/** What OTLP recommends for answers (1.11); they are small. */
export const RESPONSE_BYTES_MAX: number = 4 * 1024 * 1024

/** `timeout: 0` in a config means no bound; even then nothing may hang for ever. */
export const TIMEOUT_MS_MAX = 3_600_000
