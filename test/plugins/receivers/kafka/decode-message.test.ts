import test from 'ava'
import { sampleLogs } from '#core/testing'
import { messageDecoder } from '../../../../plugins/receivers/kafka/decode-message.ts'
import { UNDECODABLE_HEADER } from '../../../../src/kafka/undecodable.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'

const context = { requestId: 'test' }

test('a record that is no OTLP is observed when it was written to Kafka', t => {
  const { batch } = messageDecoder('text')(kafkaMessage(5, 'hello'), context)
  const cursor = batch.cursor().seek(0)
  t.is(cursor.bodyText(), 'hello')
  t.is(cursor.observedTimeUnixNano(), 1_700_000_000_005n * 1_000_000n)
  t.is(cursor.timeUnixNano(), 0n)
})

test('json becomes a body with its structure', t => {
  const json = '{"a":[1,1.5,null,true],"b":{"c":"d"}}'
  const { batch } = messageDecoder('json')(kafkaMessage(0, json), context)
  t.deepEqual(
    batch.cursor().seek(0).body(),
    new Map<string, unknown>([
      ['a', [1n, 1.5, undefined, true]],
      ['b', new Map([['c', 'd']])],
    ]) as never,
  )
})

test('an empty message and a tombstone hold no records', t => {
  for (const value of ['', null]) {
    t.is(messageDecoder('otlp_proto')(kafkaMessage(0, value), context).batch.count, 0)
  }
})

const POISON: readonly [encoding: string, value: string][] = [
  ['otlp_proto', 'garbage'],
  ['otlp_json', '{'],
  ['json', '{'],
  ['json', `${'['.repeat(200)}${']'.repeat(200)}`],
]

for (const [encoding, value] of POISON) {
  test(`${encoding} cannot read ${value.slice(0, 10)}`, t => {
    t.throws(() => messageDecoder(encoding)(kafkaMessage(0, value), context))
  })
}

test('a message that could not be unpacked says why', t => {
  const message = kafkaMessage(0, null, { [UNDECODABLE_HEADER]: 'a bomb' })
  t.throws(() => messageDecoder('raw')(message, context), { message: 'a bomb' })
  // Somebody else's header of that name is no reason.
  const own = kafkaMessage(0, sampleLogs(['a']).bytes, { [UNDECODABLE_HEADER]: 'a bomb' })
  t.is(messageDecoder('otlp_proto')(own, context).batch.count, 1)
})
