import test from 'ava'
import {
  BODY,
  FIRST_RESOURCE,
  findName,
  RESOURCE_KEYS,
  rankOf,
  SLOTS,
  slotOf,
} from '../../../../plugins/receivers/ingest/fields.ts'

function find(name: string): number {
  const bytes = Buffer.from(name)
  return findName(bytes, 0, bytes.length)
}

test('every name leads to its slot and rank, and no name to two', t => {
  const all = SLOTS.flatMap(({ names }) => names)
  t.is(new Set(all).size, all.length)
  for (const [slot, { names }] of SLOTS.entries()) {
    for (const [rank, name] of names.entries()) {
      t.is(name, name.toLowerCase())
      t.is(slotOf(find(name)), slot)
      t.is(rankOf(find(name)), rank)
      t.is(find(name.toUpperCase()), find(name))
    }
  }
})

test('other names are found nowhere', t => {
  for (const name of ['', 'messages', 'user', 'service.']) t.is(find(name), -1)
})

test('resource slots have their semantic convention as key', t => {
  t.is(SLOTS[BODY]?.title, 'message')
  t.is(RESOURCE_KEYS.length, SLOTS.length - FIRST_RESOURCE)
  t.is(RESOURCE_KEYS[0]?.toString(), 'service.name')
})
