import test from 'ava'
import { KafkaExporter } from '../../../../plugins/exporters/kafka/exporter.ts'
import { kafkaExporter } from '../../../../plugins/exporters/kafka/index.ts'
import { identityOf } from '../../../../src/batch/identity.ts'
import type { LogBatch } from '../../../../src/batch/log-batch.ts'
import { decodeLogs } from '../../../../src/otlp/decode-logs.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import {
  createTestContext,
  exporterContract,
  runPipeline,
  sampleLogs,
} from '../../../../src/testing/index.ts'
import {
  kafkaClient,
  kafkaTest,
  ownBroker,
  uniqueName,
  withJava,
} from '../../../helpers/kafka-broker.ts'
import { readTopic, topicSize } from '../../../helpers/kafka-topic.ts'
import { complaintsOf, configOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'
import { until } from '../../../helpers/until.ts'

for (const { title, check } of exporterContract(kafkaExporter, {
  config: { brokers: ['127.0.0.1:1'] },
})) {
  test(`contract: ${title}`, async t => {
    await check()
    t.pass()
  })
}

const DIRECT = 'timeout: 60s, sending_queue: { enabled: false }'

kafkaTest('a batch acknowledged is in the topic, readable as OTLP', async (t, broker) => {
  const topic = await broker.createTopic()
  const run = await runPipeline(
    t,
    `exporters: { kafka: { brokers: ["${broker.brokers}"], logs: { topic: ${topic} }, ${DIRECT} } }`,
    [kafkaExporter],
  )
  await run.send(sampleLogs(['first', 'second']))
  const [message] = await readTopic(t, broker, topic)
  t.is(decodeLogs(message!.value!, { requestId: 'test' }).batch.count, 2)
})

kafkaTest('many batches through a queue are all there, each once', async (t, broker) => {
  const topic = await broker.createTopic({ partitions: 4 })
  const run = await runPipeline(
    t,
    `exporters: { kafka: { brokers: ["${broker.brokers}"], logs: { topic: ${topic}, encoding: raw } } }`,
    [kafkaExporter],
  )
  await Promise.all(
    Array.from({ length: 200 }, (_, i) => run.send(sampleLogs([`${i} a`, `${i} b`]))),
  )
  await run.stop(AbortSignal.timeout(90_000))
  const values = (await readTopic(t, broker, topic)).map(({ value }) => String(value))
  t.is(values.length, 400)
  t.is(new Set(values).size, 400)
})

kafkaTest(
  "what the broker's own limit refuses is cut, and a single record rejected",
  async (t, broker) => {
    const topic = await broker.createTopic({ config: { 'max.message.bytes': '2000' } })
    const run = await runPipeline(
      t,
      `exporters: { kafka: { brokers: ["${broker.brokers}"], logs: { topic: ${topic}, encoding: otlp_json },
       producer: { compression: none }, ${DIRECT} } }`,
      [kafkaExporter],
    )
    await run.send(sampleLogs(Array.from({ length: 40 }, (_, i) => `${i} ${'x'.repeat(200)}`)))
    t.true((await topicSize(broker.admin, topic)) > 4)
    const sent = run.send(sampleLogs(['fits', 'x'.repeat(5000)]))
    const error = await t.throwsAsync(sent, { message: /one log record makes a message/ })
    t.false((error as { retryable?: boolean }).retryable)
  },
)

kafkaTest('a topic that is not allowed is told, and the records are kept', async (t, broker) => {
  const topic = await broker.createTopic()
  await broker.admin.createAcls({
    acl: [
      {
        resourceType: 2,
        resourceName: topic,
        resourcePatternType: 3,
        principal: 'User:alice',
        host: '*',
        operation: 2,
        permissionType: 3,
      },
    ],
  })
  const run = await runPipeline(
    t,
    `exporters: { kafka: { brokers: ["${broker.saslBrokers}"], logs: { topic: ${topic} }, ${DIRECT},
       retry_on_failure: { enabled: false },
       auth: { sasl: { mechanism: PLAIN, username: bob, password: bob-secret } } } }`,
    [kafkaExporter],
  )
  const error = await t.throwsAsync(run.send(sampleLogs(['a'])))
  t.like(error, { retryable: true, code: 'permission_denied' })
  t.notRegex(JSON.stringify(run.lines), /bob-secret/)
})

withJava('a broker that is down at the start is waited for, and health says so', async t => {
  const broker = await ownBroker(t)
  const topic = uniqueName('topic')
  const run = await runPipeline(
    t,
    `exporters: { kafka: { brokers: ["${broker.addresses.brokers}"], logs: { topic: ${topic} },
       retry_on_failure: { initial_interval: 100ms, max_interval: 500ms } } }`,
    [kafkaExporter],
    { stopMs: 60_000 },
  )
  await run.send(sampleLogs(['early']))
  const health = (): string => JSON.stringify(run.statusBoard.report())
  t.regex(health(), /recoverable_error/)
  await broker.start()
  const admin = kafkaClient(broker.addresses.brokers).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: true })
  await until(async () => (await topicSize(admin, topic)) > 0)
  await run.stop()
  t.is(await topicSize(admin, topic), 1)
})

test('records that are given up are named by which they are, whatever was sent beside them', async t => {
  const config = configOf(
    kafkaExporter,
    '{ brokers: ["127.0.0.1:1"], logs: { topic_from_metadata_key: topic } }',
  )
  const exporter = new KafkaExporter(config, createTestContext('exporter', 'kafka'))
  t.teardown(() => exporter.stop())
  const context = { requestId: 'test', metadata: new Map([['topic', ['no/topic']]]) }
  const batch = sampleLogs(['a', 'b', 'c'], context).with({ origin: 'origin' })
  const signal = new AbortController().signal
  const refused = async (records: LogBatch): Promise<string[]> => {
    const error = await t.throwsAsync(exporter.consume(records, signal), {
      instanceOf: PipelineError,
    })
    return error!.rejected!.parts!.map(({ origin }) => origin)
  }
  const first = batch.slice(0, 1)
  t.deepEqual(await refused(first), [identityOf(first)])
  t.notDeepEqual(await refused(first), await refused(batch.slice(1, 2)))
  t.deepEqual(await refused(batch), ['origin'])
})

const MISTAKES: readonly [yaml: string, complaint: RegExp][] = [
  ['logs: { topic: a/b }', /is no name of a topic/],
  ['producer: { required_acks: leader, idempotent: true }', /needs required_acks: all/],
  [
    '{ partition_logs_by_trace_id: true, message_key_from_attribute: a }',
    /set only one of partition_logs_by_trace_id, message_key_from_attribute/,
  ],
  ['producer: { transactional_id: "a b" }', /must be 1 to 200 letters, digits/],
  ['producer: { transactional_id: a, required_acks: leader }', /needs required_acks: all/],
  ['producer: { transactional_id: auto }', /set sending_queue::storage, or a name/],
  ['{ producer: { transactional_id: a }, sending_queue: { num_consumers: 251 } }', /at most 250/],
]

for (const [yaml, complaint] of MISTAKES) {
  test(`${yaml} is a mistake`, t => {
    t.regex(complaintsOf(kafkaExporter, yaml).join('\n'), complaint)
  })
}

test('the sample says what it means', t => {
  const config = sampleConfigs(kafkaExporter).get('kafka')!
  t.is(config.producer.required_acks, -1)
  t.is(config.sending_queue.batch?.min_size, 8192)
})
