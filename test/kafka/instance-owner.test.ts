import test from 'ava'
import { instanceOwner } from '../../src/kafka/instance-owner.ts'
import { kafkajs } from '../../src/kafka/kafkajs.ts'
import type { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { kafkaClient, kafkaTest, uniqueName } from '../helpers/kafka-broker.ts'

// That one is found: static-membership.test.ts.
kafkaTest('an id that no member has', async (t, broker) => {
  const owner = await instanceOwner(kafkaClient(broker.brokers), uniqueName('group'), 'a')
  t.is(owner, undefined)
})

test('without a broker it rejects', async t => {
  const kafka = new kafkajs.Kafka({
    brokers: ['127.0.0.1:1'],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  })
  const error = await t.throwsAsync(instanceOwner(kafka, 'group', 'a'))
  t.true((error as PipelineError).retryable)
})
