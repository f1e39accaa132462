import {
  kafkaClient,
  kafkaTest,
  ownBroker,
  uniqueName,
  withJava,
} from '../../../helpers/kafka-broker.ts'
import { consume, otlp } from '../../../helpers/kafka-consume.ts'
import { sendValues } from '../../../helpers/kafka-topic.ts'
import { until } from '../../../helpers/until.ts'

kafkaTest('a topic deleted and made anew is read from its begin', async (t, broker) => {
  const topic = await broker.createTopic()
  const run = await consume(t, broker, { topic })
  await sendValues(broker, topic, [otlp('old 1'), otlp('old 2')])
  await until(() => run.bodies().length === 2)
  // A client of its own: one that has known a topic cannot do without it.
  const admin = kafkaClient(broker.brokers).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  await admin.deleteTopics({ topics: [topic] })
  await new Promise(resolve => setTimeout(resolve, 500))
  await until(async () => {
    return await admin
      .createTopics({ topics: [{ topic }], waitForLeaders: false })
      .catch(() => false)
  })
  await until(async () => {
    const sent = sendValues(broker, topic, [otlp('new 1')])
    return await sent.then(
      () => true,
      () => false,
    )
  })
  await until(() => run.bodies().length === 3)
  t.is(run.bodies()[2], 'new 1')
})

kafkaTest('a topic that does not exist is waited for, and health says so', async (t, broker) => {
  const topic = uniqueName('topic')
  const run = await consume(t, broker, { topic })
  t.regex(JSON.stringify(run.statusBoard.report()), /recoverable_error/)
  await broker.admin.createTopics({ topics: [{ topic }], waitForLeaders: false })
  await until(() =>
    /"status":"ok"[^}]*/.test(
      JSON.stringify(run.statusBoard.report().filter(({ id }) => id === 'kafka')),
    ),
  )
  await sendValues(broker, topic, [otlp('a')])
  await until(() => run.bodies().length === 1)
  t.pass()
})

kafkaTest('a member without rights waits and says so', async (t, broker) => {
  const topic = await broker.createTopic()
  const run = await consume(
    t,
    { brokers: broker.saslBrokers },
    {
      topic,
      keys: 'auth: { sasl: { mechanism: PLAIN, username: bob, password: wrong-secret } }',
    },
  )
  await until(() => /SASL|uthentication/.test(JSON.stringify(run.statusBoard.report())))
  t.notRegex(JSON.stringify([run.lines, run.statusBoard.report()]), /wrong-secret/)
})

withJava('a broker that is down at the start, and killed later, is waited for', async t => {
  const broker = await ownBroker(t)
  const at = broker.addresses
  const topic = 'logs'
  const run = await consume(t, at, { topic })
  t.regex(JSON.stringify(run.statusBoard.report()), /recoverable_error/)
  await broker.start()
  const admin = kafkaClient(at.brokers).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: false })
  await admin.disconnect()
  await sendUntilDone(at, topic, otlp('a'))
  await until(() => run.bodies().length > 0)
  await broker.kill()
  await broker.start()
  await sendUntilDone(at, topic, otlp('b'))
  await until(() => run.bodies().includes('b'))
  t.deepEqual([...new Set(run.bodies())], ['a', 'b'])
})

async function sendUntilDone(
  at: { readonly brokers: string },
  topic: string,
  value: Buffer,
): Promise<void> {
  await until(() =>
    sendValues(at, topic, [value]).then(
      () => true,
      () => false,
    ),
  )
}
