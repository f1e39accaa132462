import test from 'ava'
import { sampleLogs } from '#core/testing'
import {
  commonContext,
  HeaderAttributes,
  messageContext,
} from '../../../../plugins/receivers/kafka/message-context.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'

const from = { topic: 'logs', partition: 3 }

test('a message says where it comes from, and its headers in lower case', t => {
  const headers = {
    'X-Tenant': Buffer.from('acme'),
    twice: ['a', Buffer.from('b')],
    none: undefined,
  }
  const { requestId, metadata } = messageContext(from, kafkaMessage(5, 'x', headers))
  t.is(requestId, 'logs/3/5')
  t.deepEqual(Object.fromEntries(metadata!), {
    'kafka.topic': ['logs'],
    'kafka.partition': ['3'],
    'kafka.offset': ['5'],
    'x-tenant': ['acme'],
    twice: ['a', 'b'],
  })
})

test('a batch keeps what all its messages have', t => {
  const contexts = ['a', 'a', 'b'].map((tenant, i) =>
    messageContext(from, kafkaMessage(i, 'x', { same: 'yes', tenant })),
  )
  const { requestId, metadata } = commonContext(contexts)
  t.is(requestId, 'logs/3/0+2')
  t.deepEqual(metadata?.get('same'), ['yes'])
  t.false(metadata?.has('tenant'))
  t.deepEqual(metadata?.get('kafka.offset'), ['0'])
  t.is(commonContext(contexts.slice(0, 1)), contexts[0]!)
  t.is(commonContext([]).requestId, '')
})

test('a header becomes an attribute of every resource', t => {
  const context = messageContext(from, kafkaMessage(0, 'x', { 'X-Tenant': 'acme' }))
  const batch = new HeaderAttributes(['X-Tenant', 'none']).add(sampleLogs(['a'], context))
  const attributes = batch.cursor().seek(0).resourceAttributes()
  t.is(attributes.get('kafka.header.X-Tenant'), 'acme')
  t.false(attributes.has('kafka.header.none'))
})
