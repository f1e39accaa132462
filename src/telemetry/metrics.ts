import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type KafkaMetrics, kafkaMetrics } from './kafka-metrics.ts'

/**
 * Every metric of the process, by its name on `/metrics`: the one place where names are written.
 * Worker processes are added up, unless a gauge says that the highest counts. Names are the Collector's (`otelcol_*`) wherever it has the metric. Count per batch, never per
 * record; keep the child of `labels()` when the labels do not change.
 */
export class Metrics {
  readonly registry: Registry
  /** What brings gauges up to date that nobody writes otherwise. */
  readonly beforeScrape: (() => void)[] = []
  readonly receiverAccepted: Counter<'receiver' | 'transport'>
  readonly receiverRefused: Counter<'receiver' | 'transport'>
  readonly receiverFailed: Counter<'receiver' | 'transport'>
  readonly doorRefused: Counter<'receiver' | 'transport' | 'reason'>
  readonly processorIncoming: Counter<'processor' | 'pipeline'>
  readonly processorOutgoing: Counter<'processor' | 'pipeline'>
  readonly batchSendSize: Histogram<'processor'>
  readonly batchSizeTrigger: Counter<'processor'>
  readonly batchTimeoutTrigger: Counter<'processor'>
  readonly batchMetadataCardinality: Gauge<'processor'>
  readonly memoryLimiterAccepted: Counter<'processor'>
  readonly memoryLimiterRefused: Counter<'processor'>
  readonly exporterSent: Counter<'exporter'>
  readonly exporterSendFailed: Counter<'exporter' | 'reason'>
  readonly exporterEnqueueFailed: Counter<'exporter' | 'reason'>
  readonly pipelineRecords: Gauge<'pipeline' | 'account'>
  readonly exporterRecords: Gauge<'exporter' | 'account'>
  readonly exporterRecovered: Counter<'exporter'>
  readonly exporterQueueSize: Gauge<'exporter'>
  readonly exporterQueueCapacity: Gauge<'exporter'>
  readonly exporterInFlight: Gauge<'exporter'>
  readonly exporterConcurrencyLimit: Gauge<'exporter'>
  readonly exporterBatchRecords: Histogram<'exporter'>
  readonly kafka: KafkaMetrics
  readonly deadLetter: Counter<'exporter' | 'reason'>
  readonly exporterAltered: Counter<'exporter' | 'reason'>
  readonly dropped: Counter<'component' | 'reason'>
  readonly exceptions: Counter<'component'>
  readonly authFailures: Counter<'extension' | 'reason'>
  readonly rateLimitRecords: Counter<'processor' | 'key' | 'outcome'>
  readonly rateLimitBytes: Counter<'processor' | 'key' | 'outcome'>
  readonly processUptime: Counter
  readonly processCpu: Counter
  readonly processRss: Gauge
  readonly processHeapAlloc: Gauge
  readonly processSysMemory: Gauge
  readonly processExternal: Gauge
  readonly eventLoopLag: Gauge<'stat'>
  readonly workerUp: Gauge<'worker'>
  readonly workerRestarts: Counter<'worker' | 'reason'>
  readonly configReloads: Counter<'result'>
  readonly configReloadOk: Gauge
  readonly configReloadTime: Gauge

  // oxlint-disable-next-line max-lines-per-function -- a table of names, not logic
  constructor(registry: Registry = new Registry()) {
    this.registry = registry
    const registers = [registry]
    const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
      new Counter({ name, help, labelNames, registers })
    const gauge = <L extends string>(
      name: string,
      help: string,
      labelNames: L[],
      aggregator: 'sum' | 'max' = 'sum',
    ): Gauge<L> => new Gauge({ name, help, labelNames, registers, aggregator })

    this.receiverAccepted = counter(
      'otelcol_receiver_accepted_log_records_total',
      'Log records acknowledged to the sender.',
      ['receiver', 'transport'],
    )
    this.receiverRefused = counter(
      'otelcol_receiver_refused_log_records_total',
      'Log records that a later stage refused; the sender was told.',
      ['receiver', 'transport'],
    )
    this.receiverFailed = counter(
      'otelcol_receiver_failed_log_records_total',
      'Log records that could not be read; the sender was told.',
      ['receiver', 'transport'],
    )
    this.doorRefused = counter(
      'parsec_receiver_door_refused_requests_total',
      'Requests refused before they were read, by reason; nobody can know their records.',
      ['receiver', 'transport', 'reason'],
    )
    this.processorIncoming = counter(
      'otelcol_processor_incoming_items_total',
      'Log records given to the processor.',
      ['processor', 'pipeline'],
    )
    this.processorOutgoing = counter(
      'otelcol_processor_outgoing_items_total',
      'Log records the processor passed on.',
      ['processor', 'pipeline'],
    )
    this.batchSendSize = new Histogram({
      name: 'otelcol_processor_batch_batch_send_size',
      help: 'Log records per batch the batch processor sent.',
      labelNames: ['processor'],
      buckets: [1, 10, 100, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
      registers: [registry],
    })
    this.batchSizeTrigger = counter(
      'otelcol_processor_batch_batch_size_trigger_send_total',
      'Batches sent because they were large enough.',
      ['processor'],
    )
    this.batchTimeoutTrigger = counter(
      'otelcol_processor_batch_timeout_trigger_send_total',
      'Batches sent because their time was up.',
      ['processor'],
    )
    this.batchMetadataCardinality = gauge(
      'otelcol_processor_batch_metadata_cardinality',
      'Combinations of metadata values with records waiting.',
      ['processor'],
    )
    this.memoryLimiterAccepted = counter(
      'otelcol_processor_memory_limiter_accepted_log_records_total',
      'Log records let through by the memory limiter.',
      ['processor'],
    )
    this.memoryLimiterRefused = counter(
      'otelcol_processor_memory_limiter_refused_log_records_total',
      'Log records refused by the memory limiter; the sender was told to retry.',
      ['processor'],
    )
    this.exporterSent = counter(
      'otelcol_exporter_sent_log_records_total',
      'Log records the destination has confirmed.',
      ['exporter'],
    )
    this.exporterSendFailed = counter(
      'otelcol_exporter_send_failed_log_records_total',
      'Log records given up, by reason.',
      ['exporter', 'reason'],
    )
    this.exporterEnqueueFailed = counter(
      'otelcol_exporter_enqueue_failed_log_records_total',
      'Log records the sending queue refused, by reason.',
      ['exporter', 'reason'],
    )
    this.pipelineRecords = gauge(
      'parsec_pipeline_log_records',
      'The books of a pipeline since its start: in = out + filtered; refused and dropped were told to the sender.',
      ['pipeline', 'account'],
    )
    this.exporterRecords = gauge(
      'parsec_exporter_log_records',
      'The books of an exporter since its start: in + recovered = sent + dead_lettered + dropped + returned + queued; a difference other than 0 is a fault of the program.',
      ['exporter', 'account'],
    )
    this.exporterRecovered = counter(
      'parsec_exporter_recovered_log_records_total',
      'Log records that an earlier process had acknowledged and not sent.',
      ['exporter'],
    )
    this.exporterQueueSize = gauge(
      'otelcol_exporter_queue_size',
      'What the sending queue holds, in the unit of its sizer.',
      ['exporter'],
    )
    this.exporterQueueCapacity = gauge(
      'otelcol_exporter_queue_capacity',
      'What the sending queue can hold, in the unit of its sizer.',
      ['exporter'],
    )
    this.exporterInFlight = gauge(
      'otelcol_exporter_in_flight_requests',
      'Batches on their way to the destination.',
      ['exporter'],
    )
    this.exporterConcurrencyLimit = gauge(
      'parsec_exporter_concurrency_limit',
      'How many batches may be on their way to the destination at the same time, at this moment.',
      ['exporter'],
    )
    this.exporterBatchRecords = new Histogram({
      name: 'otelcol_exporter_queue_batch_send_size',
      help: 'Log records per batch sent.',
      labelNames: ['exporter'],
      buckets: [1, 10, 100, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
      registers: [registry],
    })
    this.kafka = kafkaMetrics(counter, gauge)
    this.deadLetter = counter(
      'parsec_dead_letter_log_records_total',
      'Log records kept in the dead letter because the exporter could not deliver them, by reason.',
      ['exporter', 'reason'],
    )
    this.exporterAltered = counter(
      'parsec_exporter_altered_values_total',
      'Values stored with a change because the destination cannot hold them as they came, by reason.',
      ['exporter', 'reason'],
    )
    this.dropped = counter(
      'parsec_dropped_log_records_total',
      'Log records lost for good, by the component that dropped them and the reason.',
      ['component', 'reason'],
    )
    this.exceptions = counter(
      'parsec_component_exceptions_total',
      'Unexpected exceptions in a component; its batch was refused, the process went on.',
      ['component'],
    )
    this.rateLimitRecords = counter(
      'parsec_rate_limit_log_records_total',
      'Log records by the value of the key and whether they were let through.',
      ['processor', 'key', 'outcome'],
    )
    this.rateLimitBytes = counter(
      'parsec_rate_limit_bytes_total',
      'Bytes of log records by the value of the key and whether they were let through.',
      ['processor', 'key', 'outcome'],
    )
    this.authFailures = counter(
      'parsec_auth_failures_total',
      'Requests refused because of who sent them, by reason.',
      ['extension', 'reason'],
    )
    this.processUptime = new Counter({
      name: 'otelcol_process_uptime_seconds_total',
      help: 'Seconds since the process started.',
      registers,
      aggregator: 'max',
    })
    this.processCpu = counter(
      'otelcol_process_cpu_seconds_total',
      'CPU seconds of the process, user and system.',
      [],
    )
    this.processRss = gauge(
      'otelcol_process_memory_rss_bytes',
      'Physical memory the process holds.',
      [],
    )
    this.processHeapAlloc = gauge(
      'otelcol_process_runtime_heap_alloc_bytes',
      'Bytes of JavaScript objects, garbage not yet collected included.',
      [],
    )
    this.processSysMemory = gauge(
      'otelcol_process_runtime_total_sys_memory_bytes',
      'Bytes the runtime has obtained from the system: the heap and memory outside it.',
      [],
    )
    this.processExternal = gauge(
      'parsec_process_external_memory_bytes',
      'Bytes outside the JavaScript heap that its objects hold, buffers above all.',
      [],
    )
    this.eventLoopLag = gauge(
      'parsec_event_loop_lag_seconds',
      'How late timers ran in the last 10 seconds.',
      ['stat'],
      'max',
    )
    this.workerUp = gauge(
      'parsec_worker_up',
      '1 when the worker process has answered, 0 while it does not: its gauges are then left out, its counters are those of its last answer.',
      ['worker'],
    )
    this.workerRestarts = counter(
      'parsec_worker_restarts_total',
      'Times a worker process was started again after it had ended by itself, by reason: fault, exit, or the signal that killed it.',
      ['worker', 'reason'],
    )
    this.configReloads = counter(
      'parsec_config_reloads_total',
      'Times the config was read again while running: success, invalid or failed.',
      ['result'],
    )
    this.configReloadOk = gauge(
      'parsec_config_last_reload_successful',
      '1 when the config that was last read is the one that runs, otherwise 0.',
      [],
      'max',
    )
    this.configReloadTime = gauge(
      'parsec_config_last_reload_success_timestamp_seconds',
      'When the config that runs was read, in seconds since 1970.',
      [],
      'max',
    )
  }

  /**
   * Removes the gauges of a component that is gone: `kind` is their label, `id` its value. Counters
   * stay, so that sums over time stay right.
   */
  async forget(kind: string, id: string): Promise<void> {
    for (const metric of this.registry.getMetricsAsArray() as unknown[]) {
      if (!(metric instanceof Gauge)) continue
      for (const { labels } of (await metric.get()).values) {
        if (labels[kind] === id) metric.remove(labels)
      }
    }
  }
}
