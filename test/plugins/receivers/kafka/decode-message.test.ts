import test from 'ava'
import { sampleLogs } from '#core/testing'
import { messageDecoder, valueOf } from '../../../../plugins/receivers/kafka/decode-message.ts'
import { UNDECODABLE_HEADER } from '../../../../src/kafka/protocol/fetched-message.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'

const context = { requestId: 'test' }

test('an empty message and a tombstone hold no records', t => {
  for (const value of ['', null]) {
    t.is(messageDecoder('otlp_proto')(kafkaMessage(0, value), context).batch.count, 0)
  }
})

for (const [encoding, value] of [
  ['otlp_proto', 'garbage'],
  ['otlp_json', '{'],
] as const) {
  test(`${encoding} cannot read ${value}`, t => {
    t.throws(() => messageDecoder(encoding)(kafkaMessage(0, value), context))
  })
}

test('a message that could not be unpacked says why', t => {
  const message = kafkaMessage(0, null, { [UNDECODABLE_HEADER]: 'a bomb' })
  t.throws(() => valueOf(message), { message: 'a bomb' })
  // Somebody else's header of that name is no reason.
  const own = kafkaMessage(0, sampleLogs(['a']).bytes, { [UNDECODABLE_HEADER]: 'a bomb' })
  t.is(messageDecoder('otlp_proto')(own, context).batch.count, 1)
})
