import test from 'ava'
import { PipelineError } from '#core'
import { kafkaReceiver } from '../../../../plugins/receivers/kafka/index.ts'
import { bodiesOf } from '../../../../src/testing/sample-logs.ts'
import { kafkaTest, uniqueName } from '../../../helpers/kafka-broker.ts'
import { consume, otlp } from '../../../helpers/kafka-consume.ts'
import {
  committedOffset,
  readTopic,
  sendMessages,
  sendValues,
} from '../../../helpers/kafka-topic.ts'
import { complaintsOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'
import { until } from '../../../helpers/until.ts'

kafkaTest('messages arrive in order, and their end is committed', async (t, broker) => {
  const topic = await broker.createTopic()
  const group = uniqueName('group')
  await sendValues(broker, topic, [otlp('a', 'b'), otlp('c'), otlp('d')])
  const run = await consume(t, broker, { topic, group })
  await until(() => run.bodies().length === 4)
  t.deepEqual(run.bodies(), ['a', 'b', 'c', 'd'])
  await until(async () => (await committedOffset(broker.admin, group, topic)).offset === 3)
  t.is((await committedOffset(broker.admin, group, topic)).metadata, null)
})

kafkaTest(
  'a nacked message followed by a good one does not advance the commit',
  async (t, broker) => {
    const topic = await broker.createTopic()
    const group = uniqueName('group')
    // Batches of one message each.
    const run = await consume(t, broker, { topic, group, keys: 'batch: { max_size: 1 }' })
    let refusals = 0
    let isRefusing = true
    run.sink().before = batch => {
      const bad = bodiesOf(batch).includes('bad')
      if (bad && isRefusing && ++refusals > 0) throw PipelineError.retryable('not now')
    }
    await sendValues(broker, topic, [otlp('bad'), otlp('good')])
    await until(() => refusals >= 3)
    const { offset, metadata } = await committedOffset(broker.admin, group, topic)
    t.is(offset, 0)
    t.like(JSON.parse(metadata ?? ''), { parsec: 1, e: 1 })
    t.deepEqual(run.bodies(), [])
    isRefusing = false
    await until(async () => (await committedOffset(broker.admin, group, topic)).offset === 2)
    t.deepEqual(run.bodies(), ['bad', 'good'])
  },
)

kafkaTest(
  'a batch repeated by another member has the same records and the same origin',
  async (t, broker) => {
    const topic = await broker.createTopic()
    const group = uniqueName('group')
    const origins: string[] = []
    const first = await consume(t, broker, { topic, group })
    first.sink().before = async (batch, signal) => {
      origins.push(`${batch.origin}: ${bodiesOf(batch).join(' ')}`)
      // Never answers, as a store that hangs.
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      )
    }
    await sendValues(broker, topic, [otlp('a'), otlp('b')])
    await until(() => origins.length === 1)
    await first.stop(AbortSignal.abort())
    // More has come meanwhile: it must not slip into the batch.
    await sendValues(broker, topic, [otlp('c')])
    const second = await consume(t, broker, { topic, group })
    await until(() => second.bodies().length === 3)
    const [repeated] = second.sink().batches
    t.is(`${repeated!.origin}: ${bodiesOf(repeated!).join(' ')}`, origins[0]!)
    t.regex(origins[0]!, new RegExp(`^[\\w-]{22}/${topic}/0/0-2@\\d+.*: a b$`))
  },
)

kafkaTest('stop finishes what is under way, commits it and leaves the group', async (t, broker) => {
  const topic = await broker.createTopic()
  const group = uniqueName('group')
  const run = await consume(t, broker, { topic, group })
  let begun = 0
  run.sink().before = async () => {
    begun++
    await new Promise(resolve => setTimeout(resolve, 300))
  }
  await sendValues(broker, topic, [otlp('a')])
  await until(() => begun === 1)
  await run.stop()
  t.deepEqual(run.bodies(), ['a'])
  t.is((await committedOffset(broker.admin, group, topic)).offset, 1)
  const { groups } = await broker.admin.describeGroups([group])
  t.deepEqual(groups[0]!.members, [])
})

const ENCODINGS: readonly [encoding: string, value: Buffer, body: string][] = [
  ['otlp_proto', otlp('text'), 'text'],
  [
    'otlp_json',
    Buffer.from(
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"text"}}]}]}]}',
    ),
    'text',
  ],
  ['raw', Buffer.from([0, 255]), Buffer.from([0, 255]).toString('base64')],
  ['text', Buffer.from('t\u00e4xt'), 't\u00e4xt'],
  ['text_utf-16le', Buffer.from('text', 'utf16le'), 'text'],
  ['json', Buffer.from('{"a":[1,null,"b"]}'), '{"a":[1,null,"b"]}'],
]

for (const [encoding, value, body] of ENCODINGS) {
  kafkaTest(`encoding ${encoding}`, async (t, broker) => {
    const topic = await broker.createTopic()
    await sendValues(broker, topic, [value])
    const keys = `logs: { topics: [${topic}], encoding: ${encoding} }`
    const run = await consume(t, broker, { topic, keys })
    await until(() => run.bodies().length === 1)
    t.deepEqual(run.bodies(), [body])
  })
}

kafkaTest('headers become request metadata and resource attributes', async (t, broker) => {
  const topic = await broker.createTopic()
  const headers = { 'X-Tenant': 'acme' }
  await sendMessages(broker, topic, [{ value: otlp('a'), headers }])
  const keys = 'header_extraction: { extract_headers: true, headers: [X-Tenant, none] }'
  const run = await consume(t, broker, { topic, keys })
  await until(() => run.bodies().length === 1)
  const [batch] = run.sink().batches
  t.deepEqual(batch!.context.metadata?.get('x-tenant'), ['acme'])
  t.deepEqual(batch!.context.metadata?.get('kafka.topic'), [topic])
  const attributes = batch!.cursor().seek(0).resourceAttributes()
  t.is(attributes.get('kafka.header.X-Tenant'), 'acme')
  t.false(attributes.has('kafka.header.none'))
})

kafkaTest(
  'a poison message goes to the dead-letter topic with reason, place and headers',
  async (t, broker) => {
    const topic = await broker.createTopic()
    const dead = await broker.createTopic()
    const group = uniqueName('group')
    await sendMessages(broker, topic, [
      { value: otlp('before') },
      { key: 'key', value: Buffer.from('garbage'), headers: { source: 'test' } },
      { value: otlp('after') },
    ])
    const run = await consume(t, broker, { topic, group, keys: `dead_letter: { topic: ${dead} }` })
    await until(async () => (await committedOffset(broker.admin, group, topic)).offset === 3)
    t.deepEqual(run.bodies(), ['before', 'after'])
    const [message] = await readTopic(t, broker, dead)
    t.deepEqual([String(message!.key), String(message!.value)], ['key', 'garbage'])
    const headers = Object.fromEntries(
      Object.entries(message!.headers!).map(([name, value]) => [name, String(value)]),
    )
    t.like(headers, {
      source: 'test',
      'parsec.dead_letter.topic': topic,
      'parsec.dead_letter.partition': '0',
      'parsec.dead_letter.offset': '1',
    })
    t.truthy(headers['parsec.dead_letter.reason'])
  },
)

kafkaTest(
  'what the pipeline refuses for good goes to the dead-letter topic too',
  async (t, broker) => {
    const topic = await broker.createTopic()
    const dead = await broker.createTopic()
    const group = uniqueName('group')
    const run = await consume(t, broker, { topic, group, keys: `dead_letter: { topic: ${dead} }` })
    run.sink().before = () => {
      throw PipelineError.permanent('never')
    }
    await sendValues(broker, topic, [otlp('a')])
    await until(async () => (await committedOffset(broker.admin, group, topic)).offset === 1)
    const [message] = await readTopic(t, broker, dead)
    t.deepEqual(message!.value, otlp('a'))
    t.is(String(message!.headers!['parsec.dead_letter.reason']), 'never')
  },
)

kafkaTest(
  'without a dead-letter topic a poison message holds its partition, and health says where',
  async (t, broker) => {
    const topic = await broker.createTopic({ partitions: 2 })
    const group = uniqueName('group')
    await sendValues(broker, topic, [Buffer.from('garbage'), otlp('behind')])
    await sendMessages(broker, topic, [{ value: otlp('other partition'), partition: 1 }])
    const run = await consume(t, broker, { topic, group, keys: 'batch: { max_size: 1 }' })
    const health = (): string => JSON.stringify(run.statusBoard.report())
    await until(() => run.bodies().length === 1 && health().includes('cannot be processed'))
    t.deepEqual(run.bodies(), ['other partition'])
    t.regex(health(), new RegExp(`${topic}/0 waits: ${topic}/0 offset 0 cannot be processed`))
    t.is((await committedOffset(broker.admin, group, topic)).offset, 0)
  },
)

kafkaTest('on_permanent_error goes past it, counted', async (t, broker) => {
  const topic = await broker.createTopic()
  await sendValues(broker, topic, [Buffer.from('garbage'), otlp('behind')])
  const run = await consume(t, broker, {
    topic,
    keys: 'message_marking: { on_permanent_error: true }',
  })
  await until(() => run.bodies().length === 1)
  t.deepEqual(run.bodies(), ['behind'])
  const text = await run.metrics.registry.metrics()
  t.regex(
    text,
    /parsec_dropped_log_records_total\{component="kafka",reason="unreadable_message"\} 1/,
  )
})

kafkaTest(
  'two members share the partitions; every message arrives once or under one origin',
  async (t, broker) => {
    const topic = await broker.createTopic({ partitions: 4 })
    const group = uniqueName('group')
    const first = await consume(t, broker, { topic, group })
    const send = (from: number): Promise<void> =>
      sendMessages(
        broker,
        topic,
        Array.from({ length: 100 }, (_, i) => ({ value: otlp(`${from + i}`), partition: i % 4 })),
      )
    await send(0)
    const second = await consume(t, broker, { topic, group })
    await send(100)
    await until(() => second.bodies().length > 0)
    await second.stop()
    await send(200)
    const stored = (): Map<string, string[]> =>
      new Map(
        [first, second].flatMap(run =>
          run.sink().batches.map(batch => [batch.origin ?? '', bodiesOf(batch)] as const),
        ),
      )
    await until(() => [...stored().values()].flat().length >= 300)
    const numbers = [...stored().values()].flat().map(Number)
    t.deepEqual(
      numbers.sort((a, b) => a - b),
      Array.from({ length: 300 }, (_, i) => i),
    )
    const metrics = await first.metrics.registry.metrics()
    t.regex(metrics, /parsec_kafka_receiver_rebalances_total\{receiver="kafka"\} [12]/)
  },
)

kafkaTest('memory stays bounded whatever the lag', async (t, broker) => {
  const topic = await broker.createTopic()
  const value = otlp('x'.repeat(50_000))
  // An answer holds whole requests of the producer: small ones.
  for (let i = 0; i < 25; i++) await sendValues(broker, topic, Array(4).fill(value))
  const group = uniqueName('group')
  const keys =
    'max_buffered_size: 300000, max_partition_fetch_size: 200000, batch: { max_size: 100000 }'
  const run = await consume(t, broker, { topic, group, keys })
  const heldMax = { bytes: 0 }
  run.sink().before = async () => {
    const text = await run.metrics.registry.metrics()
    const fetched = Number(/bytes_uncompressed_total\{[^}]*\} (\d+)/.exec(text)?.[1])
    const done = run.bodies().length * value.length
    heldMax.bytes = Math.max(heldMax.bytes, fetched - done)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  await until(() => run.bodies().length === 100)
  // The bound, and the answer that was on its way when it was reached.
  t.true(heldMax.bytes < 900_000, `${heldMax.bytes} bytes`)
})

const MISTAKES: readonly [yaml: string, complaint: RegExp][] = [
  ['logs: { encoding: avro }', /"avro" is no encoding: use otlp_proto/],
  ['logs: { encoding: text_klingon }', /is no encoding/],
  ['logs: { topics: ["^("] }', /Invalid regular expression/],
  ['initial_offset: yesterday', /initial_offset/],
  ['{ heartbeat_interval: 10s, session_timeout: 10s }', /must be shorter than session_timeout/],
]

for (const [yaml, complaint] of MISTAKES) {
  test(`${yaml} is a mistake`, t => {
    t.regex(complaintsOf(kafkaReceiver, yaml).join('\n'), complaint)
  })
}

test('the sample says what it means', t => {
  const config = sampleConfigs(kafkaReceiver).get('kafka')!
  t.is(config.initial_offset, 'earliest')
  t.is(config.batch.max_size, 4 * 1024 * 1024)
})
