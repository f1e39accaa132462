import { kafkajs } from './kafkajs.ts'
import {
  createDecoder,
  createEncoder,
  errorFromCode,
  type KafkaBroker,
  type KafkaDecoder,
  type KafkaRequest,
} from './kafkajs-cluster.ts'

export interface GroupDescription {
  /** "Stable" when every member has its partitions; "Dead" when there is no such group. */
  readonly state: string
  readonly members: readonly GroupMember[]
}

export interface GroupMember {
  /** Its group.instance.id; undefined = it has none. */
  readonly instanceId: string | undefined
  readonly clientId: string
  /** As the broker sees it, such as "/10.0.0.7". */
  readonly clientHost: string
  /** Its partitions by topic. */
  readonly assignment: Readonly<Record<string, readonly number[]>>
}

export const DESCRIBE_GROUPS = 15
/** The first that tells of instance ids (Kafka 2.4); kafkajs ends at 2. */
export const DESCRIBE_VERSION = 4

/** Who is in the group of which this broker is the coordinator. Rejects with kafkajs's errors. */
export async function describeGroup(
  coordinator: KafkaBroker,
  groupId: string,
): Promise<GroupDescription> {
  return (await coordinator.connectionPool.send(request(groupId))) as GroupDescription
}

/*
 * DescribeGroups Request (Version: 4) => [groups] include_authorized_operations
 *   groups => STRING
 *   include_authorized_operations => BOOLEAN
 */
function request(groupId: string): KafkaRequest {
  return {
    request: {
      apiKey: DESCRIBE_GROUPS,
      apiVersion: DESCRIBE_VERSION,
      apiName: 'DescribeGroups',
      encode: async () => createEncoder().writeArray([groupId]).writeBoolean(false),
    },
    response: {
      decode: async payload => payload,
      parse: async payload => decode(createDecoder(payload as Buffer)),
    },
  }
}

/*
 * DescribeGroups Response (Version: 4) => throttle_time_ms [groups]
 *   throttle_time_ms => INT32
 *   groups => error_code group_id group_state protocol_type protocol_data [members] authorized_operations
 *     error_code => INT16
 *     group_id => STRING
 *     group_state => STRING
 *     protocol_type => STRING
 *     protocol_data => STRING
 *     members => member_id group_instance_id client_id client_host member_metadata member_assignment
 *       member_id => STRING
 *       group_instance_id => NULLABLE_STRING
 *       client_id => STRING
 *       client_host => STRING
 *       member_metadata => BYTES
 *       member_assignment => BYTES
 *     authorized_operations => INT32
 */
function decode(decoder: KafkaDecoder): GroupDescription {
  decoder.readInt32()
  const [group] = decoder.readArray(decodeGroup)
  return group ?? { state: 'Dead', members: [] }
}

function decodeGroup(decoder: KafkaDecoder): GroupDescription {
  const code = decoder.readInt16()
  if (code !== 0) throw errorFromCode(code)
  decoder.readString()
  const state = decoder.readString() ?? ''
  decoder.readString()
  decoder.readString()
  const members = decoder.readArray(decodeMember)
  decoder.readInt32()
  return { state, members }
}

function decodeMember(decoder: KafkaDecoder): GroupMember {
  decoder.readString()
  const instanceId = decoder.readString() ?? undefined
  const clientId = decoder.readString() ?? ''
  const clientHost = decoder.readString() ?? ''
  decoder.readBytes()
  return { instanceId, clientId, clientHost, assignment: assignmentOf(decoder.readBytes()) }
}

const { MemberAssignment } = kafkajs.AssignerProtocol

/** Nothing while the group is being shared out anew. */
function assignmentOf(bytes: Buffer | null): GroupMember['assignment'] {
  return (bytes && MemberAssignment.decode(bytes)?.assignment) ?? {}
}
