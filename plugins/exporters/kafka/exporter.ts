import {
  abortError,
  type Exporter,
  identityOf,
  type LogBatch,
  orAborted,
  PipelineError,
  type PluginContext,
} from '#core'
import type { KafkaExporterConfig } from './config.ts'
import { createSender, type Sender, type Sending } from './sender.ts'

/** `start` waits no longer than this: a broker that is down must not hold up the service. */
const START_WAIT_MS = 3000
const RECONNECT_MS = 1000

/** Sends each batch as one message, or as few as the limits allow. */
export class KafkaExporter implements Exporter {
  readonly #config: KafkaExporterConfig
  readonly #context: PluginContext
  readonly #sender: Sender
  /** What has been begun, so that a repetition goes on where the last attempt stopped. */
  readonly #sendings = new WeakMap<LogBatch, Sending>()
  readonly #stopped = new AbortController()

  /** @throws an Error that names the key when a TLS file is no good. */
  constructor(config: KafkaExporterConfig, context: PluginContext) {
    this.#config = config
    this.#context = context
    this.#sender = createSender(config, context)
  }

  async start(): Promise<void> {
    const connected = this.#connect()
    const waited = AbortSignal.timeout(START_WAIT_MS)
    await orAborted(connected, waited).catch(() => this.#sayNotReady())
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortError(signal)
    let sending = this.#sendings.get(batch)
    if (sending === undefined) {
      sending = this.#sender.begin(batch)
      this.#sendings.set(batch, sending)
    }
    await orAborted(sending.run(), signal)
    this.#sendings.delete(batch)
    if (sending.refusals.length > 0) throw refusal(sending)
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#sender.close()
  }

  endpoints(): readonly string[] {
    return [`kafka://${this.#config.brokers.join(',')}/${this.#config.logs.topic}`]
  }

  /** Tries until there is a connection: only to tell the operator, `consume` connects by itself. */
  async #connect(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      try {
        await this.#sender.connect()
        this.#context.reportStatus('ok')
        return
      } catch (error) {
        if (signal.aborted) return
        this.#context.reportStatus('recoverable_error', (error as Error).message)
        await new Promise(resolve => setTimeout(resolve, RECONNECT_MS).unref())
      }
    }
  }

  #sayNotReady(): void {
    const detail = `no connection to ${this.#config.brokers.join(', ')} yet`
    this.#context.reportStatus('recoverable_error', detail)
    this.#context.logger.warn(`${detail}: batches have to wait`)
  }
}

function refusal({ refusals }: Sending): PipelineError {
  const parts = refusals.map(({ records, error }) => ({
    records,
    origin: identityOf(records),
    error,
  }))
  const count = refusals.reduce((sum, { records }) => sum + records.count, 0)
  const { message, reason, code } = refusals[0]!.error
  return PipelineError.permanent(message, { code, reason, rejected: { count, parts } })
}
