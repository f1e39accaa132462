import test from 'ava'
import { createTestContext } from '#core/testing'
import { PartitionMeter } from '../../../../plugins/receivers/kafka/partition-meter.ts'

test('what a partition does is on /metrics, and its gauges go with it', async t => {
  const context = createTestContext('receiver', 'kafka')
  const meter = new PartitionMeter(context, { topic: 'logs', partition: 2 })
  meter.fetched(3, 500)
  meter.position(7, 10)
  meter.commitAge(1.5)
  meter.accepted(30)
  meter.refused(2)
  meter.unreadable(1)
  meter.deadLettered(1)
  meter.dropped('unreadable_message', 4)
  const labels = '{receiver="kafka",topic="logs",partition="2"}'
  const text = await context.metrics.registry.metrics()
  for (const line of [
    `otelcol_kafka_receiver_records_total${labels} 3`,
    `otelcol_kafka_receiver_bytes_uncompressed_total${labels} 500`,
    `otelcol_kafka_receiver_current_offset${labels} 7`,
    `otelcol_kafka_receiver_offset_lag${labels} 3`,
    `parsec_kafka_receiver_commit_age_seconds${labels} 1.5`,
    'otelcol_receiver_accepted_log_records_total{receiver="kafka",transport="kafka"} 30',
    'otelcol_receiver_refused_log_records_total{receiver="kafka",transport="kafka"} 2',
    'otelcol_kafka_receiver_unmarshal_failed_log_records_total{receiver="kafka"} 1',
    'parsec_kafka_receiver_dead_lettered_messages_total{receiver="kafka"} 1',
    'parsec_dropped_log_records_total{component="kafka",reason="unreadable_message"} 4',
    'otelcol_kafka_receiver_partition_start_total{receiver="kafka"} 1',
  ]) {
    t.true(text.includes(line), line)
  }
  meter.close()
  t.false((await context.metrics.registry.metrics()).includes(`offset_lag${labels}`))
})
