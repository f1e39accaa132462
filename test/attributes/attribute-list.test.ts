import test from 'ava'
import { AttributeList } from '../../src/attributes/attribute-list.ts'
import { encodeAttribute } from '../../src/attributes/encode-attribute.ts'
import { readAnyValue, readKeyValues } from '../../src/batch/any-value.ts'
import { writeLogRecord } from '../../src/otlp/build-logs.ts'
import { Writer } from '../../src/wire/writer.ts'

function record(attributes: Record<string, string>): Buffer {
  const out = new Writer(64)
  writeLogRecord(out, { timeUnixNano: 1n, attributes, eventName: 'e' })
  return out.finish()
}

function load(list: AttributeList, message: Buffer): void {
  list.load(message, 0, message.length, 0, message.length)
}

function written(list: AttributeList): Buffer {
  const out = new Writer(16)
  list.write(out)
  return Buffer.from(out.finish())
}

test('without a change the message is written as it was', t => {
  const list = new AttributeList(6)
  const message = record({ a: '1', long: 'x'.repeat(500), huge: 'y'.repeat(20_000) })
  load(list, message)
  t.is(list.count, 3)
  t.false(list.changed)
  t.deepEqual(written(list), message)
})

test('what is added follows the last attribute, before the fields behind it', t => {
  const list = new AttributeList(6)
  load(list, record({ a: '1' }))
  list.setConstant(-1, encodeAttribute(6, Buffer.from('b'), '2'))
  t.true(list.changed)
  t.deepEqual(written(list), record({ a: '1', b: '2' }))
})

test('of a key that comes twice the last counts, and setting it leaves one', t => {
  const list = new AttributeList(6)
  load(list, Buffer.concat([record({ a: 'first' }), record({ b: 'x' }), record({ a: 'last' })]))
  const key = Buffer.from('a')
  const index = list.find(key)
  t.is(list.withValue(index, readAnyValue), 'last')
  list.setValue(index, key, 'new')
  list.remove(Buffer.from('b'))
  const rest = Buffer.concat([record({}), record({}), record({ a: 'new' })])
  t.deepEqual(written(list), rest)
})

test('setting what is there already leaves no earlier duplicate: some readers take the first', t => {
  const list = new AttributeList(6)
  const key = Buffer.from('tenant')
  const message = Buffer.concat([record({ tenant: 'victim' }), record({ tenant: 'own' })])
  const alone = Buffer.concat([record({}), record({ tenant: 'own' })])
  const set: readonly ((index: number) => void)[] = [
    index => list.setConstant(index, encodeAttribute(6, key, 'own')),
    index => list.setValue(index, key, 'own'),
  ]
  for (const one of set) {
    load(list, message)
    one(list.find(key))
    t.deepEqual(written(list), alone)
    load(list, alone)
    one(list.find(key))
    t.false(list.changed)
  }
})

test('an attribute whose value lies before its key is read and can be replaced', t => {
  const list = new AttributeList(6)
  const pair = Buffer.from([0x12, 3, 0x0a, 1, 0x78, 0x0a, 1, 0x6b])
  load(list, Buffer.concat([Buffer.from([0x32, pair.length]), pair]))
  const index = list.find(Buffer.from('k'))
  t.is(list.withValue(index, readAnyValue), 'x')
  list.copyValue(-1, Buffer.from('copy'), index)
  const message = written(list)
  t.deepEqual(
    readKeyValues(message, 0, message.length, 6),
    new Map([
      ['k', 'x'],
      ['copy', 'x'],
    ]),
  )
})

test('a record with very many attributes is worked on, and the next one after it', t => {
  const list = new AttributeList(6)
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key${i}`, `${i}`]))
  load(list, record(many))
  t.is(list.count, 10_000)
  list.remove(Buffer.from('key9999'))
  for (let i = 0; i < 200; i++) list.setValue(-1, Buffer.from(`new${i}`), 'z'.repeat(1000))
  const message = written(list)
  const read = readKeyValues(message, 0, message.length, 6)
  t.is(read.size, 9999 + 200)
  t.is(read.get('new199'), 'z'.repeat(1000))
  load(list, record({ a: '1' }))
  t.deepEqual(written(list), record({ a: '1' }))
})
