import { committedOffsets } from '../../src/kafka/committed-offsets.ts'
import { kafkaTest, uniqueName } from '../helpers/kafka-broker.ts'
import { sendValues } from '../helpers/kafka-topic.ts'

kafkaTest('bounds and commits of partitions, those without a commit too', async (t, broker) => {
  const topic = await broker.createTopic({ partitions: 2 })
  const groupId = uniqueName('group')
  await sendValues(broker, topic, ['a', 'b', 'c'])
  await broker.admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '2' }] })
  const both = [0, 1].map(partition => ({ topic, partition }))
  t.deepEqual(await committedOffsets(broker.admin, groupId, both), [
    { topic, partition: 0, offset: 2, metadata: '', low: 0, high: 3 },
    { topic, partition: 1, offset: undefined, metadata: '', low: 0, high: 0 },
  ])
})
