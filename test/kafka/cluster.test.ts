import test from 'ava'
import { clusterId, offsetsAt } from '../../src/kafka/cluster.ts'
import { kafkajs } from '../../src/kafka/kafkajs.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { kafkaClient, kafkaTest } from '../helpers/kafka-broker.ts'
import { sendValues } from '../helpers/kafka-topic.ts'

kafkaTest('the cluster has an id that stays', async (t, { brokers }) => {
  const id = await clusterId(kafkaClient(brokers))
  t.regex(id, /^[\w-]{22}$/)
  t.is(await clusterId(kafkaClient(brokers)), id)
})

kafkaTest('offsets by time', async (t, broker) => {
  const topic = await broker.createTopic({ partitions: 2 })
  await sendValues(broker, topic, ['a', 'b'])
  const kafka = kafkaClient(broker.brokers)
  t.deepEqual(
    await offsetsAt(kafka, topic, 0),
    new Map([
      [0, 0],
      [1, 0],
    ]),
  )
  const later = await offsetsAt(kafka, topic, Date.now() + 1_000_000)
  t.is(later.get(0), 2)
})

test('without a broker both say so', async t => {
  const kafka = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: 0, retry: { retries: 1 } })
  await t.throwsAsync(clusterId(kafka), { instanceOf: PipelineError, message: /cluster id/ })
  await t.throwsAsync(offsetsAt(kafka, 'x', 0), { instanceOf: PipelineError, message: /topic x/ })
})
