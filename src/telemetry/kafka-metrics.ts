import type { Counter, Gauge } from 'prom-client'

type MakeCounter = <L extends string>(name: string, help: string, labels: L[]) => Counter<L>
type MakeGauge = <L extends string>(
  name: string,
  help: string,
  labels: L[],
  aggregator?: 'sum' | 'max',
) => Gauge<L>

type PartitionLabel = 'receiver' | 'topic' | 'partition'

/** The metrics of the Kafka receiver and exporter. */
export interface KafkaMetrics {
  readonly records: Counter<PartitionLabel>
  readonly bytes: Counter<PartitionLabel>
  readonly currentOffset: Gauge<PartitionLabel>
  readonly offsetLag: Gauge<PartitionLabel>
  readonly commitAge: Gauge<PartitionLabel>
  readonly partitionStart: Counter<'receiver'>
  readonly partitionClose: Counter<'receiver'>
  readonly rebalances: Counter<'receiver'>
  readonly unmarshalFailed: Counter<'receiver'>
  readonly deadLettered: Counter<'receiver'>
  readonly transactions: Counter<'exporter' | 'outcome'>
  readonly alreadyWritten: Counter<'exporter'>
}

/** Registers them. What is a record to Kafka is a message to us. */
export function kafkaMetrics(counter: MakeCounter, gauge: MakeGauge): KafkaMetrics {
  const partition: PartitionLabel[] = ['receiver', 'topic', 'partition']
  return {
    records: counter(
      'otelcol_kafka_receiver_records_total',
      'Messages fetched; again, when a batch has to be repeated.',
      partition,
    ),
    bytes: counter(
      'otelcol_kafka_receiver_bytes_uncompressed_total',
      'Bytes of the messages fetched, keys and values, unpacked.',
      partition,
    ),
    currentOffset: gauge(
      'otelcol_kafka_receiver_current_offset',
      'The first offset that is not done.',
      partition,
      'max',
    ),
    offsetLag: gauge(
      'otelcol_kafka_receiver_offset_lag',
      'Messages between the current offset and the end of the partition.',
      partition,
      'max',
    ),
    commitAge: gauge(
      'parsec_kafka_receiver_commit_age_seconds',
      'How long messages have been here since the last commit; 0 = all is committed.',
      partition,
      'max',
    ),
    partitionStart: counter(
      'otelcol_kafka_receiver_partition_start_total',
      'Partitions that work began on.',
      ['receiver'],
    ),
    partitionClose: counter(
      'otelcol_kafka_receiver_partition_close_total',
      'Partitions that work ended on.',
      ['receiver'],
    ),
    rebalances: counter(
      'parsec_kafka_receiver_rebalances_total',
      'Times that the partitions of the group were shared out anew.',
      ['receiver'],
    ),
    unmarshalFailed: counter(
      'otelcol_kafka_receiver_unmarshal_failed_log_records_total',
      'Log records that could not be read; a message that could not counts as one.',
      ['receiver'],
    ),
    deadLettered: counter(
      'parsec_kafka_receiver_dead_lettered_messages_total',
      'Messages written to the dead-letter topic.',
      ['receiver'],
    ),
    transactions: counter(
      'parsec_kafka_exporter_transactions_total',
      'Transactions by outcome: committed, aborted, or unknown until the note of them is read.',
      ['exporter', 'outcome'],
    ),
    alreadyWritten: counter(
      'parsec_kafka_exporter_already_written_log_records_total',
      'Log records not written again: by the note of an earlier transaction they are in the topics.',
      ['exporter'],
    ),
  }
}
