import type { Kafka } from 'kafkajs'
import { describeGroup, type GroupMember } from './group-description.ts'
import { kafkaError } from './kafka-errors.ts'
import { createCluster, GROUP_COORDINATOR } from './kafkajs-cluster.ts'

/**
 * The member of the group that has this group.instance.id; undefined = there is none. One that is
 * being restarted counts until its session times out. Rejects with PipelineError.
 */
export async function instanceOwner(
  kafka: Kafka,
  groupId: string,
  instanceId: string,
): Promise<GroupMember | undefined> {
  const cluster = createCluster(kafka, { allowAutoTopicCreation: false, metadataMaxAge: 0 })
  try {
    await cluster.connect()
    await cluster.refreshMetadataIfNecessary()
    const by = { groupId, coordinatorType: GROUP_COORDINATOR } as const
    const { members } = await describeGroup(await cluster.findGroupCoordinator(by), groupId)
    return members.find(member => member.instanceId === instanceId)
  } catch (thrown) {
    throw kafkaError(thrown, `members of group ${groupId}`)
  } finally {
    await cluster.disconnect().catch(() => undefined)
  }
}
