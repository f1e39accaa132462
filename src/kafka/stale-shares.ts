import type { GroupDescription } from './group-description.ts'

/**
 * Does nobody in a settled group have some partition that we want, or do we have one of a topic that
 * we no longer read? The broker gives a static member that comes back what it had, whatever it
 * subscribes to by now, and does not ask the leader. `wanted` is the number of partitions by topic.
 */
export function hasStaleShares(
  { state, members }: GroupDescription,
  instanceId: string,
  wanted: ReadonlyMap<string, number>,
): boolean {
  // Else everything is shared out anew in a moment.
  if (state !== 'Stable') return false
  const shares = members.flatMap(member => Object.entries(member.assignment))
  const isOwned = (topic: string, partition: number): boolean =>
    shares.some(([shared, partitions]) => shared === topic && partitions.includes(partition))
  for (const [topic, count] of wanted) {
    for (let partition = 0; partition < count; partition++) {
      if (!isOwned(topic, partition)) return true
    }
  }
  const own = members.find(member => member.instanceId === instanceId)
  return Object.keys(own?.assignment ?? {}).some(topic => !wanted.has(topic))
}
