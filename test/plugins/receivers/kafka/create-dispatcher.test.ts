import test from 'ava'
import { PipelineError } from '#core'
import { createTestContext, LogSink, sampleLogs } from '#core/testing'
import { createDispatcher } from '../../../../plugins/receivers/kafka/create-dispatcher.ts'
import { kafkaReceiver } from '../../../../plugins/receivers/kafka/index.ts'
import { PartitionMeter } from '../../../../plugins/receivers/kafka/partition-meter.ts'
import { kafkaTest } from '../../../helpers/kafka-broker.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'
import { readTopic } from '../../../helpers/kafka-topic.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'

const from = { topic: 'logs', partition: 0 }
const messages = [kafkaMessage(0, 'garbage'), kafkaMessage(1, sampleLogs(['a']).bytes)]

/** Dispatches a message that cannot be read and one that can; gives the bodies that came on. */
async function dispatched(yaml: string, failsOnDead = false): Promise<string[]> {
  const context = createTestContext('receiver', 'kafka')
  const sink = new LogSink()
  const options = { failsOnDead, onTrouble: () => {} }
  const dispatcher = createDispatcher(configOf(kafkaReceiver, yaml), context, sink, options)
  const meter = new PartitionMeter(context, from)
  try {
    await dispatcher.dispatch(from, messages, 'origin', meter, new AbortController().signal)
    return sink.bodies
  } finally {
    await dispatcher.close()
  }
}

kafkaTest('what can never be goes to the topic of the config', async (t, broker) => {
  const topic = await broker.createTopic()
  const yaml = `{ brokers: ["${broker.brokers}"], dead_letter: { topic: ${topic} } }`
  t.deepEqual(await dispatched(yaml), ['a'])
  const [letter] = await readTopic(t, broker, topic)
  t.is(String(letter!.value), 'garbage')
})

test('or is skipped, when the config says so', async t => {
  t.deepEqual(await dispatched('message_marking: { on_permanent_error: true }'), ['a'])
})

test('or is an error, for whoever does not wait for a person', async t => {
  await t.throwsAsync(dispatched('{}', true), { instanceOf: PipelineError, message: /offset 0/ })
})
