import test from 'ava'
import fc from 'fast-check'
import { share } from '../../src/kafka/assigners.ts'

test('range gives neighbours, round robin gives in turn', t => {
  const counts = new Map([['logs', 5]])
  const range = share('range', ['b', 'a'], counts)
  t.deepEqual(Object.fromEntries(range), { a: { logs: [0, 1, 2] }, b: { logs: [3, 4] } })
  const turns = share('roundrobin', ['b', 'a'], counts)
  t.deepEqual(Object.fromEntries(turns), { a: { logs: [0, 2, 4] }, b: { logs: [1, 3] } })
})

test('every partition has one owner, whatever the order of members and topics', t => {
  const strategy = fc.constantFrom('range' as const, 'roundrobin' as const)
  const members = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 7 })
  const topics = fc.array(fc.nat(9), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(strategy, members, topics, (name, ids, sizes) => {
      const entries = sizes.map((size, i) => [`topic-${i}`, size] as const)
      const one = share(name, ids, new Map(entries))
      const other = share(name, [...ids].reverse(), new Map([...entries].reverse()))
      t.deepEqual(Object.fromEntries(one), Object.fromEntries(other))
      for (const [topic, size] of entries) {
        const owned = [...one.values()].flatMap(shares => shares[topic] ?? [])
        t.deepEqual(
          owned.sort((a, b) => a - b),
          Array.from({ length: size }, (_, i) => i),
        )
      }
    }),
  )
})
