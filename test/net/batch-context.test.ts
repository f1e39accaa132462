import test from 'ava'
import { batchContext, headerMetadata, requestIdOf } from '../../src/net/batch-context.ts'

test("the sender's request id is kept when it is a plain word", t => {
  t.is(batchContext('abc-123', 'a:1', undefined).requestId, 'abc-123')
})

for (const id of [undefined, '', 'two words', 'line\nbreak', 'x'.repeat(129)]) {
  test(`request id ${JSON.stringify(id)?.slice(0, 20)} is replaced by a unique one`, t => {
    const first = batchContext(id, 'a:1', undefined)
    const second = batchContext(id, 'a:1', undefined)
    t.regex(first.requestId, /^[0-9a-f]{12}-[0-9a-z]+$/)
    t.not(first.requestId, second.requestId)
    t.deepEqual(Object.keys(first), ['requestId', 'clientAddress'])
  })
}

test('metadata is there when it is asked for', t => {
  const metadata = new Map([['x-tenant', ['a']]])
  t.is(batchContext(undefined, 'a:1', metadata).metadata, metadata)
})

test('a request id given twice is no plain word', t => {
  t.regex(requestIdOf(['a', 'b']), /^[0-9a-f]{12}-/)
})

test('headers become metadata, with every value of those that may come often', t => {
  const metadata = headerMetadata({ host: 'a', 'set-cookie': ['x', 'y'], via: undefined })
  t.deepEqual(
    [...metadata],
    [
      ['host', ['a']],
      ['set-cookie', ['x', 'y']],
    ],
  )
})

test('the identity of the sender goes with the batch', t => {
  const identity = { subject: 'checkout' }
  t.is(batchContext('r', 'a:1', undefined, identity).identity, identity)
})
