import type { ICustomPartitioner } from 'kafkajs'
import { kafkajs } from './kafkajs.ts'

/**
 * By the key as Java's clients do, and in turn without one. A message keeps its partition: kafkajs
 * asks again when it repeats a request, and another answer would write the message twice.
 */
export const createPartitioner: ICustomPartitioner = () => {
  const byKey = kafkajs.Partitioners.DefaultPartitioner()
  const chosen = new WeakMap<object, number>()
  let turn = Math.floor(Math.random() * 2 ** 16)
  return args => {
    const { message, partitionMetadata } = args
    const known = chosen.get(message)
    if (known !== undefined) return known
    const hasKey = message.key !== null && message.key !== undefined
    const partition = hasKey ? byKey(args) : nextWithLeader(partitionMetadata, turn++)
    chosen.set(message, partition)
    return partition
  }
}

interface PartitionState {
  readonly partitionId: number
  readonly leader: number
}

/** The `turn`-th of the partitions that can be written to, or of all when none can. */
function nextWithLeader(partitions: readonly PartitionState[], turn: number): number {
  const writable = partitions.filter(({ leader }) => leader >= 0)
  const among = writable.length > 0 ? writable : partitions
  const ids = among.map(({ partitionId }) => partitionId).sort((a, b) => a - b)
  return ids[turn % ids.length]!
}
