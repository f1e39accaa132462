import {
  type Exporter,
  encodeLogs,
  encodeLogsJson,
  type LogBatch,
  PipelineError,
  type PluginContext,
} from '#core'
import type { FileExporterConfig } from './config.ts'
import { type Framing, frame } from './framing.ts'
import { GroupWriter } from './group-writer.ts'
import { LogFile } from './log-file.ts'
import { writeError } from './write-error.ts'
import { zstdCompressor } from './zstd.ts'

/** With `flush_interval: 0` there is nothing to sync later, but the file may still be moved away. */
const CHECK_INTERVAL_MS = 1000

/** Writes each batch as one message to a file. A batch is acknowledged when it is written. */
export class FileExporter implements Exporter {
  readonly #config: FileExporterConfig
  readonly #context: PluginContext
  readonly #framing: Framing
  readonly #file: LogFile
  readonly #writer: GroupWriter
  readonly #compress = zstdCompressor()
  #timer: NodeJS.Timeout | undefined
  #failing = false
  #stopped = false

  constructor(config: FileExporterConfig, context: PluginContext) {
    this.#config = config
    this.#context = context
    this.#framing = config.format === 'proto' || config.compression === 'zstd' ? 'length' : 'line'
    this.#file = new LogFile({ config, framing: this.#framing, logger: context.logger })
    this.#writer = new GroupWriter(this.#file, {
      path: config.path,
      syncEach: config.flush_interval === 0,
      onResult: failure => this.#report(failure),
    })
  }

  async start(): Promise<void> {
    try {
      await this.#file.open()
      this.#context.reportStatus('ok')
    } catch (error) {
      this.#report(writeError(this.#config.path, error))
    }
    const intervalMs = this.#config.flush_interval || CHECK_INTERVAL_MS
    this.#timer = setInterval(() => void this.#writer.flush(), intervalMs)
    this.#timer.unref()
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    if (this.#stopped) throw PipelineError.retryable(`${this.#context.id} has been stopped`)
    if (signal.aborted) throw cancelled()
    if (batch.count === 0) return
    const bytes = await this.#encode(batch)
    await abortable(this.#writer.write(bytes), signal)
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    if (deadline.aborted) return
    await abortable(this.#writer.close(), deadline).catch(() => {
      this.#context.logger.warn({ path: this.#config.path }, 'file not closed in time')
    })
  }

  async #encode(batch: LogBatch): Promise<Buffer> {
    const { format, compression } = this.#config
    try {
      const message = format === 'json' ? Buffer.from(encodeLogsJson(batch)) : encodeLogs(batch)
      const compress = compression === 'zstd' ? this.#compress : undefined
      return frame(compress === undefined ? message : await compress(message), this.#framing)
    } catch (error) {
      // The same batch gives the same failure: text beyond the longest string, for one.
      const { message } = PipelineError.from(error)
      throw PipelineError.permanent(
        `${batch.count} log records cannot be written as ${format}: ${message}`,
        { reason: 'encode_failed', cause: error },
      )
    }
  }

  /** Tells of a failure once, and of its end. */
  #report(failure: PipelineError | undefined): void {
    const { path } = this.#config
    if (failure !== undefined) {
      this.#context.reportStatus('recoverable_error', failure.message)
      if (!this.#failing) {
        this.#context.logger.warn(
          { err: failure.cause, path },
          `${failure.message}; will try again`,
        )
      }
    } else if (this.#failing) {
      this.#context.reportStatus('ok')
      this.#context.logger.info({ path }, 'writing again')
    }
    this.#failing = failure !== undefined
  }
}

/** The promise, or a `cancelled` rejection as soon as the signal aborts. */
async function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  let onAbort = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(cancelled())
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function cancelled(): PipelineError {
  return PipelineError.retryable('the sender is gone', { code: 'cancelled' })
}
