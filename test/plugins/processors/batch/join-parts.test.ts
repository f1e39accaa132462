import test from 'ava'
import { Held } from '../../../../plugins/processors/batch/held.ts'
import { countOf, joinParts } from '../../../../plugins/processors/batch/join-parts.ts'
import { bodiesOf, sampleLogs } from '../../../../src/testing/index.ts'

const never = new AbortController().signal
const held = (...bodies: string[]) =>
  new Held(sampleLogs(bodies).with({ origin: bodies[0] }), never)
const none = new Map<string, string[]>()

test('a single whole batch is passed on as it is', t => {
  const only = held('a', 'b')
  t.is(joinParts([{ held: only, from: 0, to: 2 }], none), only.batch)
})

test('parts are joined in order and counted', t => {
  const parts = [
    { held: held('a', 'b'), from: 1, to: 2 },
    { held: held('c', 'd'), from: 0, to: 1 },
  ]
  t.deepEqual(bodiesOf(joinParts(parts, none)), ['b', 'c'])
  t.is(countOf(parts), 2)
})

test('what the senders have in common goes with the joined batch', t => {
  const parts = [held('a'), held('b')].map(one => ({ held: one, from: 0, to: 1 }))
  t.is(joinParts(parts, none).context.metadata, undefined)
  const metadata = new Map([['x', ['1']]])
  t.is(joinParts(parts, metadata).context.metadata, metadata)
})

test('the identity says which records, so a part never has that of the whole', t => {
  const one = held('a', 'b')
  const part = joinParts([{ held: one, from: 0, to: 1 }], none)
  t.is(part.origin, 'a[0-1]')
  const joined = joinParts(
    [
      { held: one, from: 0, to: 1 },
      { held: held('c'), from: 0, to: 1 },
    ],
    none,
  )
  t.is(new Set([joined.origin, part.origin, one.batch.origin]).size, 3)
})
