import test from 'ava'
import { Metrics } from '../../src/telemetry/metrics.ts'

test("the Kafka receiver's metrics have the Collector's names where it has them", async t => {
  const names = (await new Metrics().registry.getMetricsAsJSON()).map(({ name }) => name)
  const kafka = names.filter(name => name.includes('kafka'))
  t.is(kafka.length, 12)
  for (const name of ['records_total', 'offset_lag', 'current_offset', 'partition_start_total']) {
    t.true(kafka.includes(`otelcol_kafka_receiver_${name}`), name)
  }
})
