import type { LogBatch } from '../batch/log-batch.ts'
import type { DeadLetterDestination } from '../dead-letter/letter.ts'
import { sharedController } from '../plugin/abort.ts'
import { type Clock, systemClock } from '../plugin/clock.ts'
import type { Component, PluginContext } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import type { QueueStorage } from '../plugin/queue-storage.ts'
import type { WorkerPlace } from '../plugin/worker-place.ts'
import type { QueueStats } from '../queue/queue.ts'
import { AdaptiveConcurrency, type ConcurrencyStats } from './adaptive-concurrency.ts'
import { Attempt, type AttemptOptions } from './attempt.ts'
import type { ExportChainConfig, SendingQueueConfig } from './config.ts'
import { createQueue } from './create-queue.ts'
import { DeadLetterStage } from './dead-letter.ts'
import { Ledger, type LedgerStats } from './ledger.ts'
import { Outcome } from './outcome.ts'
import { Retry, SENDER_WAIT_MS_MAX } from './retry.ts'
import { type QueueMeter, SendingQueue } from './sending-queue.ts'

type Storages = ReadonlyMap<string, QueueStorage>

export interface ExportChainOptions {
  /** By the id of their extension: what queues may name as their `storage`. */
  readonly storages?: Storages | undefined
  /** Whose queue on disk it is when several processes run; absent: this one runs alone. */
  readonly worker?: WorkerPlace | undefined
  /** See Attempt. */
  readonly ready?: AttemptOptions['ready']
  readonly clock?: Clock
  /** 0 up to, not including, 1. */
  readonly random?: () => number
  /** Takes what the destination will not; absent = it is dropped, counted and logged. */
  readonly deadLetter?: DeadLetterDestination | undefined
  /** Ids of the pipelines that the exporter serves, for its dead letters. */
  readonly pipelines?: () => readonly string[]
}

/** What `/stats` says of an exporter. All counts are log records. */
export interface ExporterStats {
  readonly id: string
  readonly sent: number
  readonly failed: number
  /** Acknowledged to a sender and then given up. */
  readonly dropped: number
  /** Kept in the dead letter. */
  readonly dead_lettered: number
  readonly ledger: LedgerStats
  /** Absent without a sending queue. */
  readonly queue?: QueueStats
  /** Absent without adaptive_concurrency. */
  readonly concurrency?: ConcurrencyStats
}

/** The head of an exporter's chain. */
export interface ExportChain extends Component, Consumer {
  /**
   * The way for dead letters of others: one attempt, past queue, retries and the exporter's own dead
   * letter, so that it ends when the destination has the records and never goes in a circle.
   */
  readonly direct: Consumer
  stop(deadline: AbortSignal): Promise<void>
  stats(): ExporterStats
}

/**
 * Puts around an exporter what its config asks for, tail to head: timeout, concurrency limit,
 * retry, the count of outcomes, dead letter, batching and queue. An exporter without these keys is
 * only counted.
 */
export function buildExportChain(
  exporter: Consumer,
  config: Partial<ExportChainConfig>,
  context: PluginContext,
  options: ExportChainOptions = {},
): ExportChain {
  const { clock = systemClock, random = Math.random, storages, worker, ready } = options
  const { deadLetter: destination } = options
  const stopping = sharedController()
  const flying = context.metrics.exporterInFlight.labels(context.id)
  const inFlight = (change: 1 | -1): void => flying.inc(change)
  const timeoutMs = config.timeout ?? 0
  const attempt = new Attempt(exporter, { timeoutMs, clock, ready, inFlight })
  const limiter = createLimiter(attempt, config.sending_queue, context, clock)
  const tail = limiter ?? attempt
  const senderWaits = !config.sending_queue?.enabled || config.sending_queue.wait_for_result
  const pace = { clock, random, stopping: stopping.signal, senderWaits }
  const createNext = ({ onRetry }: Outcome): Consumer => {
    const { retry_on_failure: retry } = config
    return retry?.enabled ? new Retry(tail, { ...pace, config: retry, onRetry }) : tail
  }
  const outcome = new Outcome(createNext, context, { hasDeadLetter: destination !== undefined })
  const deadLetter =
    destination &&
    new DeadLetterStage(outcome, {
      destination,
      pipelines: options.pipelines ?? (() => []),
      context,
      ...pace,
    })
  const sender = deadLetter ?? outcome
  const ledger = new Ledger()
  const queue = config.sending_queue?.enabled
    ? createSendingQueue(sender, config.sending_queue, context, { clock, storages, worker, ledger })
    : undefined
  const head = ledger.entry(queue ?? sender)
  return {
    start: async () => {
      await destination?.start?.()
      await queue?.start()
    },
    consume: async (batch, signal) => await head.consume(batch, signal),
    direct: ledger.direct({
      consume: (batch, signal) =>
        outcome.follow(batch, attempt.consume(fromNowhere(batch), signal)),
    }),
    stop: async deadline => {
      stopping.abort()
      await queue?.stop(deadline)
      deadLetter?.stop()
      await destination?.stop?.(deadline)
      outcome.stop()
    },
    stats: () => ({
      id: context.id,
      ...outcome.stats(),
      dropped: ledger.dropped,
      dead_lettered: deadLetter?.count ?? 0,
      ledger: ledger.stats({
        sent: outcome.stats().sent,
        dead_lettered: deadLetter?.count ?? 0,
        queued: ledger.directInFlight + (queue?.records ?? ledger.inFlight),
      }),
      ...(queue === undefined ? {} : { queue: queue.stats() }),
      ...(limiter === undefined ? {} : { concurrency: limiter.stats() }),
    }),
  }
}

/** Its queue is another exporter's, which may write under the queue's name itself. */
function fromNowhere(batch: LogBatch): LogBatch {
  const { queueId, ...context } = batch.context
  return queueId === undefined ? batch : batch.with({ context })
}

/** The keys of the export chain among those of any exporter's checked config. */
export function chainConfigOf(config: unknown): Partial<ExportChainConfig> {
  if (typeof config !== 'object' || config === null) return {}
  const { timeout, sending_queue, retry_on_failure } = config as Partial<ExportChainConfig>
  return {
    ...(typeof timeout === 'number' ? { timeout } : {}),
    ...(sending_queue === undefined ? {} : { sending_queue }),
    ...(retry_on_failure === undefined ? {} : { retry_on_failure }),
  }
}

function createLimiter(
  next: Consumer,
  config: SendingQueueConfig | undefined,
  { id, metrics }: PluginContext,
  clock: Clock,
): AdaptiveConcurrency | undefined {
  if (!config?.enabled || !config.adaptive_concurrency.enabled) return undefined
  const { decrease_ratio, ewma_alpha, rtt_deviation_scale } = config.adaptive_concurrency
  return new AdaptiveConcurrency(next, {
    limitMax: config.num_consumers,
    decreaseRatio: decrease_ratio,
    ewmaAlpha: ewma_alpha,
    rttDeviationScale: rtt_deviation_scale,
    clock,
    waitMsMax: config.wait_for_result ? SENDER_WAIT_MS_MAX : 0,
    onLimit: limit => metrics.exporterConcurrencyLimit.labels(id).set(limit),
  })
}

function createSendingQueue(
  next: Consumer,
  config: SendingQueueConfig,
  context: PluginContext,
  { clock, storages, worker, ledger }: SendingQueueParts,
): SendingQueue {
  const meter = exporterMeter(context, ledger)
  const queue = createQueue(config, {
    context,
    clock,
    storages,
    worker,
    dropped: (reason, records) => meter.dropped(reason, records),
    keptAfterAll: records => meter.keptAfterAll(records),
  })
  if (!queue.durable && !config.wait_for_result) {
    context.logger.warn(
      'sending_queue is in memory: acknowledged records do not survive a crash; storage: file keeps them on disk, wait_for_result: true acknowledges only what the destination has',
    )
  }
  return new SendingQueue(next, { config, queue, context, clock, meter })
}

interface SendingQueueParts {
  readonly clock: Clock
  readonly storages: Storages | undefined
  readonly worker: WorkerPlace | undefined
  readonly ledger: Ledger
}

function exporterMeter({ id, metrics }: PluginContext, ledger: Ledger): QueueMeter {
  const size = metrics.exporterQueueSize.labels(id)
  return {
    capacity: value => metrics.exporterQueueCapacity.labels(id).set(value),
    size: value => size.set(value),
    refused: (reason, count) => metrics.exporterEnqueueFailed.labels(id, reason).inc(count),
    dropped: (reason, count) => {
      ledger.dropped += count
      metrics.dropped.labels(id, reason).inc(count)
    },
    recovered: count => {
      ledger.recovered += count
      metrics.exporterRecovered.labels(id).inc(count)
    },
    keptAfterAll: count => {
      ledger.returned -= count
    },
  }
}
