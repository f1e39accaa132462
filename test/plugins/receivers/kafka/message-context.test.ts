import test from 'ava'
import { sampleLogs } from '#core/testing'
import {
  HeaderAttributes,
  rangeContext,
} from '../../../../plugins/receivers/kafka/message-context.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'

const from = { topic: 'logs', partition: 3 }

test('a message says where it comes from, and its headers in lower case', t => {
  const headers = {
    'X-Tenant': Buffer.from('acme'),
    twice: ['a', Buffer.from('b')],
    none: undefined,
  }
  const { requestId, metadata } = rangeContext(from, [kafkaMessage(5, 'x', headers)])
  t.is(requestId, 'logs/3/5')
  t.deepEqual(Object.fromEntries(metadata!), {
    'kafka.topic': ['logs'],
    'kafka.partition': ['3'],
    'kafka.offset': ['5'],
    'x-tenant': ['acme'],
    twice: ['a', 'b'],
  })
})

test('a batch keeps what all its messages have, whatever the case of the name', t => {
  const messages = [
    kafkaMessage(0, 'x', { same: 'yes', tenant: 'a', empty: '' }),
    kafkaMessage(1, 'x', { Same: Buffer.from('yes'), tenant: 'a' }),
    kafkaMessage(2, 'x', { same: ['yes'], tenant: 'b', empty: '' }),
  ]
  const { requestId, metadata } = rangeContext(from, messages)
  t.is(requestId, 'logs/3/0+2')
  t.deepEqual(metadata?.get('same'), ['yes'])
  t.false(metadata?.has('tenant'))
  t.false(metadata?.has('empty'))
  t.deepEqual(metadata?.get('kafka.offset'), ['0'])
})

test('messages in a row with the same of the wanted headers are a run', t => {
  const headers = new HeaderAttributes(['X-Tenant'])
  const messages = [
    kafkaMessage(0, 'x', { 'x-tenant': 'a', other: '1' }),
    kafkaMessage(1, 'x', { 'X-Tenant': 'a', other: '2' }),
    kafkaMessage(2, 'x', { 'x-tenant': 'b' }),
    kafkaMessage(3, 'x'),
    kafkaMessage(4, 'x', { other: '1' }),
  ]
  t.deepEqual(
    [0, 1, 2, 3, 4].map(start => headers.runEnd(messages, start)),
    [2, 2, 3, 5, 5],
  )
})

test('a header becomes an attribute of every resource', t => {
  const context = rangeContext(from, [kafkaMessage(0, 'x', { 'X-Tenant': 'acme' })])
  const batch = new HeaderAttributes(['X-Tenant', 'none']).add(sampleLogs(['a'], context))
  const attributes = batch.cursor().seek(0).resourceAttributes()
  t.is(attributes.get('kafka.header.X-Tenant'), 'acme')
  t.false(attributes.has('kafka.header.none'))
})
