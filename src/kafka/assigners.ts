import type { Assigner, PartitionAssigner } from 'kafkajs'
import { kafkajs } from './kafkajs.ts'

/** Ways to share partitions out, as the Collector and Java's clients name them. */
export type AssignmentStrategy = 'range' | 'roundrobin'

const { AssignerProtocol } = kafkajs

/**
 * A strategy that tells `onJoin` each time before the group is asked for partitions: kafkajs has no
 * event that comes before all rejoins.
 */
export function observedAssigner(
  strategy: AssignmentStrategy,
  onJoin: () => void,
): PartitionAssigner {
  return ({ cluster }) => {
    const assign: Assigner['assign'] = async ({ members, topics }) => {
      const counts = new Map(
        topics.map(topic => [topic, cluster.findTopicPartitionMetadata(topic).length]),
      )
      const shares = share(
        strategy,
        members.map(({ memberId }) => memberId),
        counts,
      )
      return [...shares].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 0,
          assignment,
          userData: Buffer.alloc(0),
        }),
      }))
    }
    return {
      name: strategy,
      version: 0,
      assign,
      protocol: ({ topics }) => {
        onJoin()
        const metadata = AssignerProtocol.MemberMetadata.encode({
          version: 0,
          topics,
          userData: Buffer.alloc(0),
        })
        return { name: strategy, metadata }
      },
    }
  }
}

type Share = Record<string, number[]>

/**
 * The partitions of every member. `counts` is the number of partitions of each topic. The order of
 * what comes in does not matter: whoever leads the group gives the same.
 */
export function share(
  strategy: AssignmentStrategy,
  memberIds: readonly string[],
  counts: ReadonlyMap<string, number>,
): Map<string, Share> {
  const members = [...memberIds].sort()
  const shares = new Map<string, Share>(members.map(id => [id, {}]))
  const give = (member: number, topic: string, partition: number): void => {
    const own = shares.get(members[member]!)!
    own[topic] = [...(own[topic] ?? []), partition]
  }
  let turn = 0
  for (const topic of [...counts.keys()].sort()) {
    const count = counts.get(topic)!
    for (let partition = 0; partition < count; partition++) {
      if (strategy === 'roundrobin') give(turn++ % members.length, topic, partition)
      else give(Math.floor((partition * members.length) / count), topic, partition)
    }
  }
  return shares
}
