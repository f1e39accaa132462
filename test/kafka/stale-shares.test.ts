import test from 'ava'
import type { GroupDescription } from '../../src/kafka/group-description.ts'
import { hasStaleShares } from '../../src/kafka/stale-shares.ts'

const member = (instanceId: string, assignment: Record<string, number[]>) => ({
  instanceId,
  clientId: '',
  clientHost: '',
  assignment,
})

const group: GroupDescription = {
  state: 'Stable',
  members: [member('a', { logs: [0] }), member('b', { logs: [1], audit: [0] })],
}

const wanted = (counts: Record<string, number>) => new Map(Object.entries(counts))

test("all that is wanted is somebody's", t => {
  t.false(hasStaleShares(group, 'a', wanted({ logs: 2 })))
  t.false(hasStaleShares(group, 'a', wanted({ logs: 2, audit: 1 })))
})

test('a topic, or a partition, that nobody has', t => {
  t.true(hasStaleShares(group, 'a', wanted({ logs: 2, more: 1 })))
  t.true(hasStaleShares(group, 'a', wanted({ logs: 3 })))
})

test('a topic that we have and do not read', t => {
  t.true(hasStaleShares(group, 'b', wanted({ logs: 2 })))
})

test('a group that shares out anew anyway', t => {
  const state = 'PreparingRebalance'
  t.false(hasStaleShares({ state, members: [] }, 'a', wanted({ logs: 2 })))
})
