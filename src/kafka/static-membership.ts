import { randomBytes } from 'node:crypto'
import type { Kafka } from 'kafkajs'
import { PipelineError } from '../plugin/pipeline-error.ts'
import { DESCRIBE_GROUPS, DESCRIBE_VERSION, describeGroup } from './group-description.ts'
import { isInstanceFenced, kafkaError } from './kafka-errors.ts'
import { kafkajs } from './kafkajs.ts'
import {
  errorFromCode,
  type KafkaBroker,
  type KafkaCluster,
  type KafkaRequest,
  withPreparedClusters,
} from './kafkajs-cluster.ts'
import {
  INSTANCE_COMMIT_VERSION,
  instanceOffsetCommit,
  OFFSET_COMMIT,
  type OffsetCommitFields,
} from './offset-commit.ts'
import { hasStaleShares } from './stale-shares.ts'

export interface StaticMember {
  /** Unique in the group; MUST be the same after a restart. */
  readonly instanceId: string
  /** Called, perhaps more than once, when another process has taken our place. */
  readonly onFenced: () => void
}

/*
 * KIP-345. A member of a consumer group that has a name of its own, `group.instance.id`, does not say
 * goodbye when it ends; when one with that name joins within the session timeout, it gets the member's
 * partitions and nobody else notices. Of two processes with one name the broker keeps the later.
 *
 * kafkajs has the requests that carry the name, but never passes it to them. So the brokers of the
 * member's own connections are given a lookup of requests that adds it.
 */

/** A client whose consumer is this static member: ask it for one only. `kafka` does not change. */
export function withStaticMember(kafka: Kafka, member: StaticMember): Kafka {
  return withPreparedClusters(kafka, cluster => {
    const { brokerPool } = cluster as MemberCluster
    const { createBroker } = brokerPool
    const membership = new Membership(member, cluster as MemberCluster)
    brokerPool.createBroker = options => membership.of(createBroker(options))
  })
}

/** What ended a membership, in words that say what to do when it was another process. */
export function membershipError(
  thrown: unknown,
  { groupId, instanceId }: { readonly groupId: string; readonly instanceId?: string | undefined },
): PipelineError {
  const error = kafkaError(thrown, `group ${groupId}`)
  if (!isInstanceFenced(error)) return error
  const message = `another process has joined group ${groupId} with group_instance_id "${instanceId}": give every receiver of every process its own`
  const { code, reason } = error
  return PipelineError.retryable(message, { code, reason, cause: error })
}

interface MemberCluster extends KafkaCluster {
  readonly brokerPool: { createBroker: (options: object) => MemberBroker }
  /** What is subscribed to. */
  readonly targetTopics: ReadonlySet<string>
}

interface MemberBroker extends KafkaBroker {
  lookupRequest: Lookup
  leaveGroup: () => Promise<void>
  syncGroup: (fields: { readonly groupId: string }) => Promise<unknown>
}

/** Makes requests of an API, in the newest version that both sides know. */
type Lookup = (apiKey: number, definition: object) => (fields: object) => KafkaRequest

const JOIN_GROUP = 11
const HEARTBEAT = 12
const SYNC_GROUP = 14
const REBALANCE_IN_PROGRESS = 27

/** The requests of a member, with the first version that carries its name. */
const VERSIONS: ReadonlyMap<number, number> = new Map([
  [JOIN_GROUP, 5],
  [HEARTBEAT, 3],
  [SYNC_GROUP, 3],
  [OFFSET_COMMIT, INSTANCE_COMMIT_VERSION],
  [DESCRIBE_GROUPS, DESCRIBE_VERSION],
])

class Membership {
  readonly #member: StaticMember
  readonly #cluster: MemberCluster
  #isChecked = false
  #mark: Buffer | undefined

  constructor(member: StaticMember, cluster: MemberCluster) {
    this.#member = member
    this.#cluster = cluster
  }

  of(broker: MemberBroker): MemberBroker {
    // kafkajs sets it anew with each connection; not a moment may pass without the name.
    let original = broker.lookupRequest
    Object.defineProperty(broker, 'lookupRequest', {
      get: () => this.#lookup(broker, original),
      set: (value: Lookup) => {
        original = value
      },
    })
    const syncGroup = broker.syncGroup.bind(broker)
    broker.syncGroup = async fields => {
      const answer = await syncGroup(fields)
      await this.#checkShares(broker, fields.groupId)
      return answer
    }
    broker.leaveGroup = async () => {}
    return broker
  }

  #lookup(broker: MemberBroker, original: Lookup): Lookup {
    return (apiKey, definition) => {
      const make = original(apiKey, definition)
      if (!VERSIONS.has(apiKey)) return make
      if (isTooOld(broker)) throw tooOld()
      return fields => this.#watched(this.#named(apiKey, make, fields))
    }
  }

  #named(apiKey: number, make: (fields: object) => KafkaRequest, fields: object): KafkaRequest {
    const named = { ...fields, groupInstanceId: this.#member.instanceId }
    if (apiKey === OFFSET_COMMIT) return instanceOffsetCommit(named as OffsetCommitFields)
    if (apiKey !== JOIN_GROUP) return make(named)
    const mark = this.#mark
    if (mark === undefined) return make(named)
    const { groupProtocols } = named as unknown as JoinFields
    const protocols = groupProtocols.map(({ name, metadata }) => ({
      name,
      metadata: marked(metadata, mark),
    }))
    return make({ ...named, groupProtocols: protocols })
  }

  /** Tells at once when we are out: kafkajs ends its fetches and connections before it says so. */
  #watched(request: KafkaRequest): KafkaRequest {
    const { response } = request
    const parse = async (decoded: unknown): Promise<unknown> => {
      try {
        return await response.parse(decoded)
      } catch (error) {
        if (isInstanceFenced(error)) this.#member.onFenced()
        throw error
      }
    }
    return { ...request, response: { ...response, parse } }
  }

  /**
   * What we get first may be of before a restart, and our topics others by now: then all is shared out
   * anew, as the broker does for a member whose metadata has changed. Once: a leader that does not know
   * of a topic yet would not give it to us the next time either.
   */
  async #checkShares(broker: MemberBroker, groupId: string): Promise<void> {
    if (this.#isChecked) return
    const description = await describeGroup(broker, groupId)
    this.#isChecked = true
    const cluster = this.#cluster
    const wanted = new Map(
      [...cluster.targetTopics].map(topic => [
        topic,
        cluster.findTopicPartitionMetadata(topic).length,
      ]),
    )
    if (!hasStaleShares(description, this.#member.instanceId, wanted)) return
    this.#mark = randomBytes(8)
    throw errorFromCode(REBALANCE_IN_PROGRESS)
  }
}

interface JoinFields {
  readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}

const { MemberMetadata } = kafkajs.AssignerProtocol

function marked(metadata: Buffer, mark: Buffer): Buffer {
  const decoded = MemberMetadata.decode(metadata)
  return decoded === null ? metadata : MemberMetadata.encode({ ...decoded, userData: mark })
}

function isTooOld({ versions }: KafkaBroker): boolean {
  return [...VERSIONS].some(([apiKey, needed]) => (versions[apiKey]?.maxVersion ?? 0) < needed)
}

function tooOld(): PipelineError {
  return PipelineError.retryable('group_instance_id needs brokers of Kafka 2.4 or later', {
    code: 'failed_precondition',
    reason: 'broker_config',
  })
}
