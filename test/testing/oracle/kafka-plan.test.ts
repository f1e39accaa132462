import test from 'ava'
import fc from 'fast-check'
import { createKafkaPlan } from '../../../src/testing/oracle/kafka-plan.ts'
import {
  BROKER_FAULTS,
  createPlan,
  DESTINATION_FAULTS,
  type FaultKind,
  GROUP_FAULTS,
  PROCESS_FAULTS,
} from '../../../src/testing/oracle/plan.ts'

const DIRECT: readonly FaultKind[] = [...PROCESS_FAULTS, ...DESTINATION_FAULTS]
const KAFKA: readonly FaultKind[] = [...GROUP_FAULTS, ...BROKER_FAULTS]
const seeds = fc.nat(1_000_000)

function faultsOf(seed: number, kinds: readonly FaultKind[]): FaultKind[] {
  const { groupFaults, brokerFaults } = createKafkaPlan(seed, kinds)
  return [...groupFaults, ...brokerFaults].map(({ kind }) => kind)
}

test('the same seed gives the same plan', t => {
  fc.assert(
    fc.property(seeds, seed => {
      t.deepEqual(createKafkaPlan(seed, KAFKA), createKafkaPlan(seed, KAFKA))
    }),
  )
})

test('only faults that are asked for occur', t => {
  fc.assert(
    fc.property(seeds, fc.subarray([...DIRECT, ...KAFKA]), (seed, kinds) => {
      t.deepEqual(
        faultsOf(seed, kinds).filter(kind => !kinds.includes(kind)),
        [],
      )
    }),
  )
})

test('the faults of Kafka change nothing of those of the collector and the destination', t => {
  fc.assert(
    fc.property(seeds, seed => {
      t.deepEqual(createPlan(seed, [...DIRECT, ...KAFKA]), createPlan(seed, DIRECT))
    }),
  )
})

test('every member that something happens to is one of the group', t => {
  fc.assert(
    fc.property(seeds, seed => {
      const { members, groupFaults } = createKafkaPlan(seed, KAFKA)
      for (const fault of groupFaults) {
        if (fault.kind !== 'join') t.true(fault.member >= 0 && fault.member < members)
      }
      t.pass()
    }),
  )
})

test('every kind of fault comes up in a few hundred runs, and consumers that are zombies', t => {
  const found = new Set<string>()
  for (let seed = 1; seed <= 300; seed++) {
    const { sessionMs, groupFaults } = createKafkaPlan(seed, KAFKA)
    for (const kind of faultsOf(seed, KAFKA)) found.add(kind)
    for (const fault of groupFaults) {
      if (fault.kind === 'stop-consumer' && fault.forMs > sessionMs) found.add('zombie')
      if (fault.kind === 'join') found.add(`join, then ${fault.leaves}`)
    }
  }
  const wanted = [...KAFKA, 'zombie', 'join, then stop', 'join, then kill']
  t.deepEqual([...found].toSorted(), wanted.toSorted())
})
