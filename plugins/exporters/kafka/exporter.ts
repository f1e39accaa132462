import {
  abortError,
  type Exporter,
  identityOf,
  type LogBatch,
  orAborted,
  PipelineError,
  type PluginContext,
} from '#core'
import { createKafka, KafkaProducer, PRODUCER_RETRIES } from '#core/kafka'
import type { KafkaExporterConfig } from './config.ts'
import { Delivery } from './delivery.ts'

/** `start` waits no longer than this: a broker that is down must not hold up the service. */
const START_WAIT_MS = 3000
const RECONNECT_MS = 1000

/** Sends each batch as one message, or as few as the limits allow. */
export class KafkaExporter implements Exporter {
  readonly #config: KafkaExporterConfig
  readonly #context: PluginContext
  readonly #producer: KafkaProducer
  /** What has been begun, so that a repetition goes on where the last attempt stopped. */
  readonly #deliveries = new WeakMap<LogBatch, Delivery>()
  readonly #stopped = new AbortController()

  /** @throws an Error that names the key when a TLS file is no good. */
  constructor(config: KafkaExporterConfig, context: PluginContext) {
    this.#config = config
    this.#context = context
    const { producer, timeout, metadata } = config
    this.#producer = new KafkaProducer({
      kafka: createKafka(config, context.logger, PRODUCER_RETRIES),
      acks: producer.required_acks,
      idempotent: producer.idempotent ?? producer.required_acks === -1,
      compression: producer.compression,
      timeoutMs: timeout > 0 ? timeout : 30_000,
      allowAutoTopicCreation: producer.allow_auto_topic_creation,
      metadataMaxAgeMs: metadata.refresh_interval,
    })
  }

  async start(): Promise<void> {
    const connected = this.#connect()
    const waited = AbortSignal.timeout(START_WAIT_MS)
    await orAborted(connected, waited).catch(() => this.#sayNotReady())
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortError(signal)
    let delivery = this.#deliveries.get(batch)
    if (delivery === undefined) {
      delivery = new Delivery(batch, this.#config)
      this.#deliveries.set(batch, delivery)
    }
    await orAborted(delivery.run(this.#producer), signal)
    this.#deliveries.delete(batch)
    if (delivery.refusals.length > 0) throw refusal(delivery)
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#producer.close()
  }

  endpoints(): readonly string[] {
    return [`kafka://${this.#config.brokers.join(',')}/${this.#config.logs.topic}`]
  }

  /** Tries until there is a connection: only to tell the operator, `consume` connects by itself. */
  async #connect(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      try {
        await this.#producer.connect()
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

function refusal({ refusals }: Delivery): PipelineError {
  const parts = refusals.map(({ records, error }) => ({
    records,
    origin: identityOf(records),
    error,
  }))
  const count = refusals.reduce((sum, { records }) => sum + records.count, 0)
  const { message, reason, code } = refusals[0]!.error
  return PipelineError.permanent(message, { code, reason, rejected: { count, parts } })
}
