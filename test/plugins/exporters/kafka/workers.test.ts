import test from 'ava'
import type { KafkaExporterConfig } from '../../../../plugins/exporters/kafka/config.ts'
import { kafkaExporter } from '../../../../plugins/exporters/kafka/index.ts'

test('each of several workers has a transactional id of its own', t => {
  const id = (index: number, producer: object): string | undefined => {
    const sending_queue = { storage: 'file', directory: 'queue' }
    const config = kafkaExporter.config.parse({ producer, sending_queue })
    const own = kafkaExporter.forWorker?.(config, { index, count: 2 }) as KafkaExporterConfig
    return own.producer.transactional_id
  }
  t.is(id(0, { transactional_id: 'a' }), 'a')
  t.is(id(1, { transactional_id: 'a' }), 'a-worker-1')
  t.is(id(1, {}), undefined)
  // That of its own queue.
  t.is(id(1, { transactional_id: 'auto' }), 'auto')
})
