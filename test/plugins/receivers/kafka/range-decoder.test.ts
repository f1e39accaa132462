import test from 'ava'
import { kafkaReceiver } from '../../../../plugins/receivers/kafka/index.ts'
import { RangeDecoder } from '../../../../plugins/receivers/kafka/range-decoder.ts'
import type { KafkaMessage } from '../../../../src/kafka/consumer.ts'
import { UNDECODABLE_HEADER } from '../../../../src/kafka/protocol/fetched-message.ts'
import { bodiesOf, sampleLogs } from '../../../../src/testing/sample-logs.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'
import { configOf } from '../../../helpers/plugin-yaml.ts'

const from = { topic: 'logs', partition: 0 }
const decoder = new RangeDecoder(configOf(kafkaReceiver, ''))

test('messages become one batch in order; those that cannot be read are told', t => {
  const messages = [
    kafkaMessage(0, sampleLogs(['a', 'b']).bytes),
    kafkaMessage(1, 'garbage'),
    kafkaMessage(2, sampleLogs(['c']).bytes),
    kafkaMessage(3, null),
  ]
  const { batch, dead } = decoder.decode(from, messages)
  t.deepEqual(bodiesOf(batch!), ['a', 'b', 'c'])
  t.is(batch!.origin, undefined)
  t.deepEqual(
    dead.map(({ message }) => message.offset),
    [1],
  )
})

test('a record that cannot be read costs only itself', t => {
  // A LogRecord whose body has a broken length, between two good ones.
  const good = sampleLogs(['a']).bytes
  const bad = Buffer.from('0a08120612042a020aff', 'hex')
  const { batch, rejectedCount } = decoder.decode(from, [
    kafkaMessage(0, Buffer.concat([good, bad, good])),
  ])
  t.deepEqual(bodiesOf(batch!), ['a', 'a'])
  t.is(rejectedCount, 1)
})

test('what cannot be read is told in the order of the messages, whatever its fault', t => {
  const undecodable = kafkaMessage(2, null, { [UNDECODABLE_HEADER]: 'no such codec' })
  const good = (offset: number): KafkaMessage => kafkaMessage(offset, sampleLogs(['a']).bytes)
  const messages = [good(0), kafkaMessage(1, 'garbage'), undecodable, good(3)]
  const { batch, dead } = decoder.decode(from, [...messages, kafkaMessage(4, '<html>')])
  t.is(batch!.count, 2)
  t.is(batch!.context.requestId, 'logs/0/0+1')
  t.deepEqual(batch!.context.metadata?.get('kafka.offset'), ['0'])
  t.deepEqual(
    dead.map(({ message }) => message.offset),
    [1, 2, 4],
  )
  t.is(dead[1]!.reason, 'no such codec')
})

test('the context is that of the messages that have records in the batch', t => {
  const bad = Buffer.from('0a08120612042a020aff', 'hex')
  const { batch, rejectedCount } = decoder.decode(from, [
    kafkaMessage(0, bad),
    kafkaMessage(1, sampleLogs(['a']).bytes, { Tenant: 'x' }),
    kafkaMessage(2, null),
  ])
  t.is(rejectedCount, 1)
  t.is(batch!.context.requestId, 'logs/0/1')
  t.deepEqual(batch!.context.metadata?.get('tenant'), ['x'])
})

test('headers to extract become attributes of the resources of their own request', t => {
  const decode = decoderOf('header_extraction: { extract_headers: true, headers: [tenant] }')
  const messages = ['a', 'b'].map((tenant, i) =>
    kafkaMessage(i, sampleLogs([tenant]).bytes, { tenant }),
  )
  const { batch } = decode.decode(from, messages)
  t.deepEqual(
    [0, 1].map(row => batch!.cursor().seek(row).resourceAttributes().get('kafka.header.tenant')),
    ['a', 'b'],
  )
})

test('nothing readable is no batch', t => {
  t.is(decoder.decode(from, [kafkaMessage(0, null)]).batch, undefined)
})

function decoderOf(yaml: string): RangeDecoder {
  return new RangeDecoder(configOf(kafkaReceiver, yaml))
}

test('messages that are a record each become one resource, without those that cannot be read', t => {
  const messages = ['1', '{', '"b"', 'x', '3'].map((value, i) => kafkaMessage(i, value))
  const { batch, dead } = decoderOf('logs: { encoding: json }').decode(from, messages)
  t.deepEqual(bodiesOf(batch!), ['1', 'b', '3'])
  t.is(batch!.resources.count, 1)
  t.is(batch!.context.requestId, 'logs/0/0+2')
  t.deepEqual(
    dead.map(({ message }) => message.offset),
    [1, 3],
  )
})

test('records with other headers have a resource of their own', t => {
  const decode = decoderOf(`
logs: { encoding: text }
header_extraction: { extract_headers: true, headers: [tenant] }
`)
  const messages = ['a', 'a', 'b', 'a'].map((tenant, i) => kafkaMessage(i, `${i}`, { tenant }))
  const { batch } = decode.decode(from, messages)
  t.deepEqual(bodiesOf(batch!), ['0', '1', '2', '3'])
  t.is(batch!.resources.count, 3)
  t.deepEqual(
    [0, 1, 2, 3].map(row =>
      batch!.cursor().seek(row).resourceAttributes().get('kafka.header.tenant'),
    ),
    ['a', 'a', 'b', 'a'],
  )
})

test('records without anything readable are no batch', t => {
  const decode = decoderOf('logs: { encoding: json }')
  const { batch, dead } = decode.decode(from, [kafkaMessage(0, '{')])
  t.is(batch, undefined)
  t.is(dead.length, 1)
})
