import {
  BROKER_FAULTS,
  type BrokerFaultKind,
  type FaultKind,
  GROUP_FAULTS,
  type GroupFaultKind,
} from './plan.ts'
import { Random } from './random.ts'

/** Something that happens to the consumers, one after the other; times in milliseconds. */
export type GroupFault =
  /** `SIGKILL`: the group gives the member up after its session only. */
  | {
      readonly kind: 'kill-consumer'
      readonly member: number
      readonly from: 'ready' | 'spawn'
      readonly afterMs: number
      readonly downMs: number
    }
  /** `SIGSTOP`, later `SIGCONT`; after its session it is a zombie, whose partitions others have. */
  | {
      readonly kind: 'stop-consumer'
      readonly member: number
      readonly afterMs: number
      readonly forMs: number
    }
  /** It leaves the group, and comes back. */
  | {
      readonly kind: 'restart-consumer'
      readonly member: number
      readonly afterMs: number
      readonly downMs: number
    }
  /** One more for a while. */
  | {
      readonly kind: 'join'
      readonly afterMs: number
      readonly forMs: number
      readonly leaves: 'stop' | 'kill'
    }

/** The broker ends, as asked to or killed, and comes back with its data. */
export interface BrokerFault {
  readonly kind: BrokerFaultKind
  readonly afterMs: number
  readonly downMs: number
}

/** What a run through Kafka has beside its plan. */
export interface KafkaPlan {
  readonly partitions: number
  /** Consumers that are there from the begin. */
  readonly members: number
  readonly sessionMs: number
  readonly strategy: 'range' | 'roundrobin'
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** Of one message; no record is larger. */
  readonly messageBytesMax: number
  /** Of messages that the consumer joins to one insert, and how long it waits for them. */
  readonly batchBytesMax: number
  readonly flushMs: number
  /** Of messages that the consumer holds, and of what it asks for at once. */
  readonly bufferedBytesMax: number
  readonly fetchBytesMax: number
  /** Are offsets committed when the consumer's queue on disk has the records, not the destination? */
  readonly hasConsumerQueue: boolean
  readonly groupFaults: readonly GroupFault[]
  readonly brokerFaults: readonly BrokerFault[]
}

const KIBIBYTE = 1024

/** The Kafka part of the run with this seed; only faults of `kinds` occur. Always the same. */
export function createKafkaPlan(seed: number, kinds: readonly FaultKind[]): KafkaPlan {
  const random = new Random(seed, 'kafka')
  const members = random.int(1, 3)
  const sessionMs = random.pick([2000, 4000])
  return {
    partitions: random.pick([1, 4, 4, 6]),
    members,
    sessionMs,
    strategy: random.pick(['range', 'roundrobin']),
    compression: random.pick(['none', 'gzip', 'snappy', 'snappy', 'lz4', 'zstd']),
    messageBytesMax: random.pick([300_000, 1_000_000]),
    batchBytesMax: random.pick([16, 256, 4096]) * KIBIBYTE,
    flushMs: random.pick([10, 100, 200]),
    bufferedBytesMax: random.pick([256, 64 * KIBIBYTE]) * KIBIBYTE,
    fetchBytesMax: random.pick([32, 1024]) * KIBIBYTE,
    hasConsumerQueue: random.chance(0.25),
    groupFaults: createGroupFaults(new Random(seed, 'group'), kinds, members, sessionMs),
    brokerFaults: createBrokerFaults(new Random(seed, 'broker'), kinds),
  }
}

function createGroupFaults(
  random: Random,
  kinds: readonly FaultKind[],
  members: number,
  sessionMs: number,
): GroupFault[] {
  const allowed = GROUP_FAULTS.filter(kind => kinds.includes(kind))
  if (allowed.length === 0) return []
  return Array.from({ length: random.int(2, 4) }, () =>
    createGroupFault(random, random.pick(allowed), members, sessionMs),
  )
}

function createGroupFault(
  random: Random,
  kind: GroupFaultKind,
  members: number,
  sessionMs: number,
): GroupFault {
  const member = random.int(0, members - 1)
  const afterMs = random.int(30, 1500)
  const downMs = random.pick([0, 300, 1000])
  switch (kind) {
    case 'kill-consumer':
      return { kind, member, from: random.chance(0.8) ? 'ready' : 'spawn', afterMs, downMs }
    case 'stop-consumer':
      return { kind, member, afterMs, forMs: random.pick([300, sessionMs, sessionMs + 2500]) }
    case 'restart-consumer':
      return { kind, member, afterMs, downMs }
    case 'join': {
      const leaves = random.pick(['stop', 'kill'] as const)
      return { kind, afterMs, forMs: random.int(500, 3000), leaves }
    }
  }
}

function createBrokerFaults(random: Random, kinds: readonly FaultKind[]): BrokerFault[] {
  const allowed = BROKER_FAULTS.filter(kind => kinds.includes(kind))
  // Each takes seconds: a Java program has to start.
  if (allowed.length === 0 || random.chance(0.3)) return []
  return [
    {
      kind: random.pick(allowed),
      afterMs: random.int(500, 4000),
      downMs: random.pick([0, 500, 2000]),
    },
  ]
}
