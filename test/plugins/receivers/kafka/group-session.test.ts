import test from 'ava'
import { createTestContext, LogSink, sampleLogs } from '#core/testing'
import { Dispatcher } from '../../../../plugins/receivers/kafka/dispatcher.ts'
import { GroupSession } from '../../../../plugins/receivers/kafka/group-session.ts'
import { kafkaReceiver } from '../../../../plugins/receivers/kafka/index.ts'
import { RangeDecoder } from '../../../../plugins/receivers/kafka/range-decoder.ts'
import { createKafka } from '../../../../src/kafka/client.ts'
import { kafkaTest, uniqueName } from '../../../helpers/kafka-broker.ts'
import { committedOffset, sendValues } from '../../../helpers/kafka-topic.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'
import { until } from '../../../helpers/until.ts'

function create(yaml: string): {
  session: GroupSession
  sink: LogSink
  ready: Promise<void>
} {
  const config = configOf(kafkaReceiver, yaml)
  const context = createTestContext('receiver', 'kafka')
  const sink = new LogSink()
  const dispatcher = new Dispatcher({
    context,
    next: sink,
    decoder: new RangeDecoder(config),
    pauses: config.error_backoff,
    deadLetters: undefined,
    skipsDead: false,
    onTrouble: () => undefined,
  })
  let onReady = (): void => undefined
  const ready = new Promise<void>(resolve => {
    onReady = resolve
  })
  const kafka = createKafka(config, context.logger, 1)
  return { session: new GroupSession({ config, context, kafka, dispatcher, onReady }), sink, ready }
}

kafkaTest(
  'a group without offsets that begins with the latest keeps that place',
  async (t, broker) => {
    const topic = await broker.createTopic()
    const group = uniqueName('group')
    await sendValues(broker, topic, [sampleLogs(['before']).bytes])
    const { session, sink, ready } = create(
      `{ brokers: ["${broker.brokers}"], group_id: ${group}, initial_offset: latest,
       max_fetch_wait: 50ms, logs: { topics: [${topic}] } }`,
    )
    const running = session.run()
    await ready
    t.is((await committedOffset(broker.admin, group, topic)).offset, 1)
    await sendValues(broker, topic, [sampleLogs(['after']).bytes])
    await until(() => sink.count > 0)
    t.deepEqual(sink.bodies, ['after'])
    await session.stop(AbortSignal.timeout(10_000))
    await running
    t.is((await committedOffset(broker.admin, group, topic)).offset, 2)
  },
)

kafkaTest('it can be stopped before it has joined', async (t, broker) => {
  const topic = await broker.createTopic()
  const { session, sink } = create(
    `{ brokers: ["${broker.brokers}"], group_id: ${uniqueName('group')}, logs: { topics: [${topic}] } }`,
  )
  const running = session.run()
  await session.stop(AbortSignal.timeout(10_000))
  await running
  t.is(sink.count, 0)
})

test('without a broker it ends, and can be stopped', async t => {
  const { session } = create('brokers: ["127.0.0.1:1"]')
  await t.throwsAsync(session.run(), { message: /cluster id/ })
  await session.stop(AbortSignal.abort())
})
