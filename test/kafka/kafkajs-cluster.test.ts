import test from 'ava'
import type { Kafka } from 'kafkajs'
import {
  createCluster,
  GROUP_COORDINATOR,
  withPreparedClusters,
} from '../../src/kafka/kafkajs-cluster.ts'
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

test('clusters can be prepared, of one client only', t => {
  const kafka = kafkaClient('127.0.0.1:1')
  const prepared: object[] = []
  const client = withPreparedClusters(kafka, cluster => prepared.push(cluster))
  kafka.consumer({ groupId: 'group' })
  t.is(prepared.length, 0)
  client.consumer({ groupId: 'group' })
  t.is(prepared.length, 1)
  const cluster = createCluster(client, options)
  t.is(prepared[1], cluster)
})

test('another kafkajs is told at once', t => {
  t.throws(() => createCluster({} as Kafka, options), { message: /not known/ })
})
