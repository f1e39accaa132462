import type { LogBatch, PluginContext } from '#core'
import {
  createKafka,
  KafkaProducer,
  NOTE_NAMES_MAX,
  PRODUCER_RETRIES,
  TransactionalProducer,
} from '#core/kafka'
import { AUTO, type KafkaExporterConfig } from './config.ts'
import { Delivery } from './delivery.ts'
import type { Refusal } from './messages.ts'
import { SenderPerQueue } from './sender-per-queue.ts'
import { TransactionalDelivery } from './transactional-delivery.ts'

/** How batches get to the broker: one by one, or each in a transaction. */
export interface Sender {
  /** @throws PipelineError */
  connect(): Promise<void>
  begin(batch: LogBatch): Sending
  close(): Promise<void>
}

/** One batch on its way, through all attempts. */
export interface Sending {
  /** Records that can never be sent; complete when `run` has resolved. */
  readonly refusals: readonly Refusal[]
  /** Resolves when the broker has all other records; joins what still runs. @throws PipelineError */
  run(): Promise<void>
}

/** @throws an Error that names the key when a TLS file is no good. */
export function createSender(config: KafkaExporterConfig, context: PluginContext): Sender {
  const { transactional_id: transactionalId } = config.producer
  if (transactionalId === undefined) return plainSender(config, context)
  warnOfMemory(config, context)
  if (transactionalId !== AUTO) return transactionalSender(config, context, transactionalId)
  return new SenderPerQueue(createKafka(config, context.logger), queueId =>
    transactionalSender(config, context, `parsec-${queueId}`),
  )
}

function plainSender(config: KafkaExporterConfig, { logger }: PluginContext): Sender {
  const { required_acks: acks, idempotent = acks === -1 } = config.producer
  const kafka = createKafka(config, logger, PRODUCER_RETRIES)
  const producer = new KafkaProducer({ ...commonOptions(config), kafka, acks, idempotent })
  return {
    connect: () => producer.connect(),
    close: () => producer.close(),
    begin: batch => {
      const delivery = new Delivery(batch, config)
      return { refusals: delivery.refusals, run: () => delivery.run(producer) }
    },
  }
}

function transactionalSender(
  config: KafkaExporterConfig,
  context: PluginContext,
  transactionalId: string,
): Sender {
  const { id, logger, metrics } = context
  const producer = new TransactionalProducer({
    ...commonOptions(config),
    kafka: createKafka(config, logger),
    transactionalId,
    noteTopic: config.logs.topic,
    namesMax: namesMax(config),
    onEnd: outcome => metrics.kafka.transactions.inc({ exporter: id, outcome }),
  })
  const alreadyWritten = (records: number): void => {
    metrics.kafka.alreadyWritten.inc({ exporter: id }, records)
    const note = 'a batch was written before and is not written again: its note is at the broker'
    logger.info({ transactional_id: transactionalId, records }, note)
  }
  return {
    connect: () => producer.connect(),
    close: () => producer.close(),
    begin: batch => {
      const delivery = new TransactionalDelivery(batch, config)
      let isTold = false
      const run = async (): Promise<void> => {
        if ((await delivery.run(producer)) === 'now' || isTold) return
        isTold = true
        alreadyWritten(batch.count)
      }
      return { refusals: delivery.refusals, run }
    },
  }
}

function commonOptions(config: KafkaExporterConfig): {
  readonly compression: KafkaExporterConfig['producer']['compression']
  readonly compressionLevel: number | undefined
  readonly timeoutMs: number
  readonly allowAutoTopicCreation: boolean
  readonly metadataMaxAgeMs: number
} {
  const { producer, timeout, metadata } = config
  return {
    compression: producer.compression,
    compressionLevel: producer.compression_params?.level,
    timeoutMs: timeout > 0 ? timeout : 30_000,
    allowAutoTopicCreation: producer.allow_auto_topic_creation,
    metadataMaxAgeMs: metadata.refresh_interval,
  }
}

/**
 * After a crash the queue may give out what was sent and not yet marked as done on the disk: as many
 * batches as are sent at the same time. Twice that, since the crash may follow a lower num_consumers.
 */
function namesMax({ sending_queue: queue }: KafkaExporterConfig): number {
  if (!queue.enabled) return NOTE_NAMES_MAX
  return Math.min(NOTE_NAMES_MAX, Math.max(32, 2 * queue.num_consumers))
}

function warnOfMemory({ sending_queue: queue }: KafkaExporterConfig, context: PluginContext): void {
  if (!queue.enabled || queue.storage !== undefined) return
  context.logger.warn(
    'producer::transactional_id knows after a crash what was written only with sending_queue::storage: a queue in memory names its batches anew',
  )
}
