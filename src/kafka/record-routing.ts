import type { Message, PartitionerArgs } from 'kafkajs'
import type { KafkaCluster } from './kafkajs-cluster.ts'
import { createPartitioner } from './partitioner.ts'
import type { KafkaRecord } from './producer.ts'

/** Records of one partition, in order. */
export interface PartitionShare {
  readonly topic: string
  readonly partition: number
  /** The broker that takes them. */
  readonly leader: number
  readonly messages: Message[]
}

/** Chooses partitions and finds their leaders. */
export class RecordRouter {
  readonly #cluster: KafkaCluster
  readonly #partition = createPartitioner()

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  /** Shares records out to partitions. Rejects with kafkajs's errors when a topic is not known. */
  async route(records: readonly KafkaRecord[]): Promise<PartitionShare[]> {
    const cluster = this.#cluster
    await cluster.addMultipleTargetTopics([...new Set(records.map(({ topic }) => topic))])
    await cluster.refreshMetadataIfNecessary()
    const shares = new Map<string, PartitionShare>()
    for (const { topic, key, value, headers } of records) {
      const message: Message = { value, key: key ?? null, ...(headers && { headers }) }
      const partitions = cluster.findTopicPartitionMetadata(topic)
      if (partitions.length === 0) throw new Error(`the partitions of ${topic} are not known yet`)
      const partitionMetadata = partitions as PartitionerArgs['partitionMetadata']
      const partition = this.#partition({ topic, partitionMetadata, message })
      const share = shares.get(`${topic}/${partition}`)
      if (share !== undefined) share.messages.push(message)
      else {
        const leader = partitions.find(({ partitionId }) => partitionId === partition)?.leader ?? -1
        shares.set(`${topic}/${partition}`, { topic, partition, leader, messages: [message] })
      }
    }
    return [...shares.values()]
  }
}

/** In the order in which the keys first come. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
