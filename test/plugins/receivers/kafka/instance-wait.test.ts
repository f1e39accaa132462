import test from 'ava'
import { createTestContext } from '#core/testing'
import { kafkaReceiver } from '../../../../plugins/receivers/kafka/index.ts'
import { untilInstanceIsFree } from '../../../../plugins/receivers/kafka/instance-wait.ts'
import { createKafka } from '../../../../src/kafka/client.ts'
import { bodiesOf } from '../../../../src/testing/sample-logs.ts'
import { kafkaTest, uniqueName } from '../../../helpers/kafka-broker.ts'
import { consume, otlp } from '../../../helpers/kafka-consume.ts'
import { sendValues } from '../../../helpers/kafka-topic.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'
import { until } from '../../../helpers/until.ts'

kafkaTest(
  'a second process with the id takes over the batch under its name; the first waits for its end',
  async (t, broker) => {
    const topic = await broker.createTopic()
    const options = { topic, group: uniqueName('group'), keys: 'group_instance_id: one' }
    const begun: string[] = []
    const first = await consume(t, broker, options)
    first.sink().before = async (batch, signal) => {
      begun.push(`${batch.origin}: ${bodiesOf(batch).join(' ')}`)
      // Never answers, as a store that hangs.
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      )
    }
    await sendValues(broker, topic, [otlp('a'), otlp('b')])
    await until(() => begun.length === 1)
    await sendValues(broker, topic, [otlp('c')])

    const second = await consume(t, broker, options)
    await until(() => second.bodies().length === 3)
    const [taken] = second.sink().batches
    t.is(`${taken!.origin}: ${bodiesOf(taken!).join(' ')}`, begun[0]!)
    const health = (): string => JSON.stringify(first.statusBoard.report())
    await until(() => health().includes('out of the consumer group: another process has joined'))

    first.sink().before = undefined
    await second.stop()
    await sendValues(broker, topic, [otlp('d')])
    await until(() => first.bodies().length > 0)
    t.deepEqual(first.bodies(), ['d'])
    t.is(begun.length, 1)
  },
)

test('the wait ends when the receiver is stopped, and a broker that is down does not end it', async t => {
  const yaml = '{ brokers: ["127.0.0.1:1"], group_instance_id: one }'
  const config = configOf(kafkaReceiver, yaml)
  const context = createTestContext('receiver', 'kafka')
  const kafka = createKafka(config, context.logger, 0)
  const stopping = new AbortController()
  const waiting = untilInstanceIsFree('why', { config, context, kafka, signal: stopping.signal })
  const first = await Promise.race([waiting, new Promise(resolve => setTimeout(resolve, 100, 0))])
  t.is(first, 0)
  stopping.abort()
  await waiting
})
