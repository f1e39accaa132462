import test from 'ava'
import type { Kafka } from 'kafkajs'
import { createCluster, GROUP_COORDINATOR } from '../../src/kafka/kafkajs-cluster.ts'
import { kafkaClient, kafkaTest, uniqueName } from '../helpers/kafka-broker.ts'

const options = { allowAutoTopicCreation: false, metadataMaxAge: 60_000 }

kafkaTest('it connects, knows topics and finds coordinators', async (t, broker) => {
  const topic = await broker.createTopic({ partitions: 2 })
  const cluster = createCluster(kafkaClient(broker.brokers), options)
  t.teardown(() => cluster.disconnect())
  await cluster.connect()
  await cluster.addMultipleTargetTopics([topic])
  const partitions = cluster.findTopicPartitionMetadata(topic)
  t.is(partitions.length, 2)
  const groupId = uniqueName('group')
  const coordinator = await cluster.findGroupCoordinator({
    groupId,
    coordinatorType: GROUP_COORDINATOR,
  })
  t.true(coordinator.versions[22]!.maxVersion >= 0)
})

test('another kafkajs is told at once', t => {
  t.throws(() => createCluster({} as Kafka, options), { message: /not known/ })
})
