import test from 'ava'
import { kafkaExporter } from '../../../../plugins/exporters/kafka/index.ts'
import { type Cut, cutAgain, cutMessages } from '../../../../plugins/exporters/kafka/messages.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../../../src/otlp/decode-logs.ts'
import { decodeLogsJson } from '../../../../src/otlp/decode-logs-json.ts'
import { sampleLogs } from '../../../../src/testing/index.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'

const context = { requestId: 'test' }

function bodies(value: Buffer, encoding: string): string[] {
  const decode = encoding === 'otlp_json' ? decodeLogsJson : decodeLogs
  const { batch } = decode(value, context)
  const cursor = batch.cursor()
  return Array.from({ length: batch.count }, (_, i) => cursor.seek(batch.row(i)).bodyText())
}

test('a batch within the limit is one message: its own bytes', t => {
  const batch = sampleLogs(['a', 'b'])
  const { messages, refusals } = cutMessages(batch, configOf(kafkaExporter, ''))
  t.is(messages.length, 1)
  t.is(messages[0]!.message.value, batch.bytes)
  t.deepEqual(refusals, [])
})

for (const encoding of ['otlp_proto', 'otlp_json']) {
  test(`${encoding}: a batch over the limit is cut, in order, nothing missing`, t => {
    const texts = Array.from({ length: 500 }, (_, i) => `${i} ${'x'.repeat((i * 37) % 900)}`)
    const config = configOf(
      kafkaExporter,
      `{ logs: { encoding: ${encoding} }, producer: { max_message_bytes: 5000 } }`,
    )
    const { messages, refusals } = cutMessages(sampleLogs(texts), config)
    t.deepEqual(refusals, [])
    t.true(messages.length > 40)
    t.true(messages.every(({ message }) => message.value.length <= 5000))
    t.deepEqual(
      messages.flatMap(({ message }) => bodies(message.value, encoding)),
      texts,
    )
  })

  test(`${encoding}: one record over the limit is refused, the others are sent`, t => {
    const config = configOf(
      kafkaExporter,
      `{ logs: { encoding: ${encoding} }, producer: { max_message_bytes: 2000 } }`,
    )
    const cut = cutMessages(sampleLogs(['a', 'x'.repeat(3000), 'b']), config)
    t.deepEqual(
      cut.messages.flatMap(({ message }) => bodies(message.value, encoding)),
      ['a', 'b'],
    )
    t.is(cut.refusals.length, 1)
    t.is(cut.refusals[0]!.records.count, 1)
    t.is(cut.refusals[0]!.error.reason, 'message_too_large')
  })
}

test('raw: a message a record; bytes as they are, the rest as JSON', t => {
  const batch = buildLogs(
    [
      {
        records: [
          { body: 'text' },
          { body: Buffer.from([1, 2]) },
          { body: new Map([['n', 1n]]) },
          {},
        ],
      },
    ],
    context,
  )
  const { messages } = cutMessages(batch, configOf(kafkaExporter, 'logs: { encoding: raw }'))
  t.deepEqual(
    messages.map(({ message }) => message.value),
    [Buffer.from('"text"'), Buffer.from([1, 2]), Buffer.from('{"n":1}'), Buffer.alloc(0)],
  )
})

test('headers: the configured ones and those of the request', t => {
  const metadata = new Map([['x-tenant', ['a', 'b']]])
  const config = configOf(
    kafkaExporter,
    '{ record_headers: { source: edge, n: 1 }, include_metadata_keys: [X-Tenant, x-none] }',
  )
  const batch = sampleLogs(['a']).with({ context: { requestId: 'test', metadata } })
  const { messages } = cutMessages(batch, config)
  t.deepEqual(messages[0]!.message.headers, { source: 'edge', n: '1', 'X-Tenant': 'a,b' })
})

test('the id of the request is a header when asked for, also one that was made here', t => {
  const config = configOf(kafkaExporter, 'include_metadata_keys: [X-Request-Id]')
  const { messages } = cutMessages(sampleLogs(['a']).with({ context }), config)
  t.deepEqual(messages[0]!.message.headers, { 'X-Request-Id': context.requestId })
})

test('what is no name of a topic is refused, by the name', t => {
  const config = configOf(kafkaExporter, 'topic_from_attribute: service.name')
  const named = (name: string): Cut =>
    cutMessages(
      buildLogs([{ resource: { 'service.name': name }, records: [{ body: 'a' }] }], context),
      config,
    )
  for (const name of ['..', 'a/b', 'a\nb', 'x'.repeat(250)]) {
    const { messages, refusals } = named(name)
    t.deepEqual(messages, [])
    t.is(refusals[0]!.error.reason, 'invalid_topic')
  }
  t.is(named('fine.topic-1').messages.length, 1)
})

test('a message that the broker found too large is cut in two, and a single record refused', t => {
  const config = configOf(kafkaExporter, '')
  const [whole] = cutMessages(sampleLogs(['a', 'b', 'c']), config).messages
  const halves = cutAgain(whole!, config)
  t.deepEqual(
    halves.messages.map(({ message }) => bodies(message.value, 'otlp_proto')),
    [['a', 'b'], ['c']],
  )
  t.is(cutAgain(halves.messages[1]!, config).refusals.length, 1)
})
