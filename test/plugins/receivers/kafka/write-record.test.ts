import test from 'ava'
import { decodeLogs, type LogCursor, Writer } from '#core'
import { recordWriter } from '../../../../plugins/receivers/kafka/write-record.ts'
import { UNDECODABLE_HEADER } from '../../../../src/kafka/protocol/fetched-message.ts'
import { kafkaMessage } from '../../../helpers/kafka-message.ts'

/** The record that a message becomes. */
function recordOf(encoding: string, value: string | Buffer | null): LogCursor {
  const out = new Writer()
  out.message(0x0a, () =>
    out.message(0x12, () => recordWriter(encoding)(kafkaMessage(5, value), out)),
  )
  const { batch, rejectedReason } = decodeLogs(out.finish(), { requestId: 'test' })
  if (rejectedReason !== '') throw new Error(rejectedReason)
  return batch.cursor().seek(0)
}

test('a record is observed when it was written to Kafka', t => {
  const cursor = recordOf('text', 'hello')
  t.is(cursor.bodyText(), 'hello')
  t.is(cursor.observedTimeUnixNano(), 1_700_000_000_005n * 1_000_000n)
  t.is(cursor.timeUnixNano(), 0n)
})

test('text is read in its own encoding, raw stays bytes', t => {
  t.is(recordOf('text_utf-16le', Buffer.from('h\u00e9', 'utf16le')).bodyText(), 'h\u00e9')
  t.is(recordOf('text_latin1', Buffer.from('h\u00e9', 'latin1')).bodyText(), 'h\u00e9')
  t.deepEqual(recordOf('raw', Buffer.from([0, 255])).body(), Buffer.from([0, 255]))
})

test('an empty message and a tombstone are empty bodies', t => {
  for (const value of ['', null]) {
    t.is(recordOf('text', value).bodyText(), '')
    t.is((recordOf('raw', value).body() as Uint8Array).length, 0)
  }
})

test('json becomes a body with its structure', t => {
  t.deepEqual(
    recordOf('json', '{"a":[1,1.5,null,true],"b":{"c":"d"}}').body(),
    new Map<string, unknown>([
      ['a', [1n, 1.5, undefined, true]],
      ['b', new Map([['c', 'd']])],
    ]) as never,
  )
})

test('whole numbers in json keep every digit, as texts where 64 bits have no room', t => {
  t.deepEqual(
    recordOf('json', '[9007199254740993,-9223372036854775808,9223372036854775808]').body(),
    [9007199254740993n, -9223372036854775808n, '9223372036854775808'],
  )
})

test('json that is no UTF-8 has the replacement character there', t => {
  t.is(recordOf('json', Buffer.from([0x22, 0xff, 0x22])).bodyText(), '\ufffd')
})

for (const [value, reason] of [
  ['', /a value must come/],
  ['{', /a string must come/],
  ['1 2', /the end of the text must come/],
  [`${'['.repeat(200)}${']'.repeat(200)}`, /nests deeper than 60/],
] as const) {
  test(`json cannot read ${value.slice(0, 10)}`, t => {
    t.throws(() => recordOf('json', value), { message: reason })
  })
}

test('a message that could not be unpacked says why', t => {
  const message = kafkaMessage(0, null, { [UNDECODABLE_HEADER]: 'a bomb' })
  t.throws(() => recordWriter('raw')(message, new Writer()), { message: 'a bomb' })
})
