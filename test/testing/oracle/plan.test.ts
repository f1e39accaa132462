import test from 'ava'
import fc from 'fast-check'
import {
  createPlan,
  DESTINATION_FAULTS,
  type FaultKind,
  PROCESS_FAULTS,
  WORKER_FAULTS,
} from '../../../src/testing/oracle/plan.ts'

const KINDS: readonly FaultKind[] = [...PROCESS_FAULTS, ...WORKER_FAULTS, ...DESTINATION_FAULTS]
const seeds = fc.nat(1_000_000)

test('the same seed gives the same plan, another one another', t => {
  fc.assert(
    fc.property(seeds, seed => {
      t.deepEqual(createPlan(seed, KINDS), createPlan(seed, KINDS))
      t.notDeepEqual(createPlan(seed, KINDS), createPlan(seed + 1, KINDS))
    }),
  )
})

test('only faults that are asked for occur', t => {
  fc.assert(
    fc.property(seeds, fc.subarray([...KINDS]), (seed, kinds) => {
      const { processFaults, destinationFaults } = createPlan(seed, kinds)
      const found = [...processFaults, ...destinationFaults].map(({ kind }) => kind)
      t.deepEqual(
        found.filter(kind => !kinds.includes(kind)),
        [],
      )
      t.is(found.length > 0, kinds.length > 0)
    }),
  )
})

test('a run with kills has two to five', t => {
  const counts = new Set<number>()
  fc.assert(
    fc.property(seeds, seed => {
      const { processFaults } = createPlan(seed, KINDS)
      const kills = processFaults.filter(({ kind }) => kind === 'kill').length
      counts.add(kills)
      t.true(kills >= 2 && kills <= 5)
    }),
  )
  t.true(counts.size > 1)
})

test('every kind of fault, and every limit, comes up in a few hundred runs', t => {
  const found = new Set<string>()
  for (let seed = 1; seed <= 300; seed++) {
    const { processFaults, destinationFaults, limits } = createPlan(seed, KINDS)
    for (const { kind } of [...processFaults, ...destinationFaults]) found.add(kind)
    found.add(limits.batch === undefined ? 'as received' : 'joined')
  }
  t.deepEqual([...found].toSorted(), [...KINDS, 'as received', 'joined'].toSorted())
})
