import { Random } from './random.ts'

/*
 * What one run will do, from its seed alone. Times of faults count from the moment Parsec is ready
 * (or was started), not from the start of the run, so that a slow machine sees the same faults at
 * the same places.
 */

export const PROCESS_FAULTS = ['kill', 'stop', 'clock', 'disk-full', 'corrupt'] as const
/** Of one of several worker processes. */
export const WORKER_FAULTS = ['kill-worker'] as const
export const DESTINATION_FAULTS = ['down', 'slow', 'refuse', 'garbage', 'lost-answer'] as const
/** Of the consumers, and of the broker before them, when records go through Kafka. */
export const GROUP_FAULTS = ['kill-consumer', 'stop-consumer', 'restart-consumer', 'join'] as const
export const BROKER_FAULTS = ['stop-broker', 'kill-broker'] as const
export type ProcessFaultKind = (typeof PROCESS_FAULTS)[number] | (typeof WORKER_FAULTS)[number]
export type DestinationFaultKind = (typeof DESTINATION_FAULTS)[number]
export type GroupFaultKind = (typeof GROUP_FAULTS)[number]
export type BrokerFaultKind = (typeof BROKER_FAULTS)[number]
export type FaultKind = ProcessFaultKind | DestinationFaultKind | GroupFaultKind | BrokerFaultKind

/** Something that happens to Parsec itself, one after the other; times in milliseconds. */
export type ProcessFault =
  /** `SIGKILL`; `spawn`: perhaps in the middle of a start and its recovery. */
  | {
      readonly kind: 'kill'
      readonly from: 'ready' | 'spawn'
      readonly afterMs: number
      readonly downMs: number
    }
  /** `SIGKILL` to one of its workers, 0 up to 1 of them; the others go on. */
  | { readonly kind: 'kill-worker'; readonly afterMs: number; readonly worker: number }
  /** `SIGSTOP`, later `SIGCONT`. */
  | { readonly kind: 'stop'; readonly afterMs: number; readonly forMs: number }
  /** The clock of the process jumps by `byMs`, and stays there for the rest of the run. */
  | { readonly kind: 'clock'; readonly afterMs: number; readonly byMs: number }
  /** The queue's disk has `leftBytes` left for a while; `kill`: and Parsec dies meanwhile. */
  | {
      readonly kind: 'disk-full'
      readonly afterMs: number
      readonly forMs: number
      readonly leftBytes: number
      readonly kill: boolean
    }
  /** Killed with a backlog, and before the next start a file of its queue is damaged. */
  | {
      readonly kind: 'corrupt'
      readonly afterMs: number
      readonly damage: 'flip' | 'truncate'
      /** Which of the files, and where in it: 0 up to 1. */
      readonly file: number
      readonly at: number
      readonly bytes: number
    }

/** Something the destination does to a `share` of the requests for `forMs`. */
export interface DestinationFault {
  readonly kind: DestinationFaultKind
  readonly pauseMs: number
  readonly forMs: number
  /** Of the requests, 0 to 1. */
  readonly share: number
  /** Before an answer, for `slow`. */
  readonly delayMs: number
  /** For `refuse`. */
  readonly status: number
}

/** Small limits, so that files rotate and the queue is full often. */
export interface QueueLimits {
  readonly queueBytes: number
  readonly segmentBytes: number
  /** Of batches ready in memory; the rest is read back from the disk. */
  readonly memoryBytes: number
  /** Undefined: batches are sent as they came. */
  readonly batch:
    | { readonly minSize: number; readonly maxSize: number; readonly flushMs: number }
    | undefined
}

export interface LoadShape {
  readonly senders: number
  readonly recordsPerRequestMax: number
  /** Between two requests of a sender, 0 up to this. */
  readonly pauseMsMax: number
  /** Payload sizes that lie at the edges of buffers, in bytes. */
  readonly edgeBytes: readonly number[]
}

export interface RunPlan {
  readonly seed: number
  readonly limits: QueueLimits
  readonly load: LoadShape
  readonly processFaults: readonly ProcessFault[]
  readonly destinationFaults: readonly DestinationFault[]
}

const KIBIBYTE = 1024
const MINUTE_MS = 60_000

/** The plan of the run with this seed; only faults of `kinds` occur. Always the same. */
export function createPlan(seed: number, kinds: readonly FaultKind[]): RunPlan {
  const limits = createLimits(new Random(seed, 'limits'))
  return {
    seed,
    limits,
    load: createLoad(new Random(seed, 'load'), limits),
    processFaults: createProcessFaults(new Random(seed, 'process'), kinds),
    destinationFaults: createDestinationFaults(new Random(seed, 'destination'), kinds),
  }
}

function createLimits(random: Random): QueueLimits {
  const segmentBytes = random.pick([64, 128, 256]) * KIBIBYTE
  return {
    segmentBytes,
    queueBytes: segmentBytes * random.pick([4, 8, 32]),
    memoryBytes: segmentBytes * random.pick([0.25, 1, 64]),
    batch: random.chance(0.75)
      ? {
          minSize: random.pick([100, 500, 2000]),
          maxSize: random.pick([0, 0, 700]),
          flushMs: random.pick([20, 100, 200]),
        }
      : undefined,
  }
}

function createLoad(random: Random, { segmentBytes }: QueueLimits): LoadShape {
  const around = (size: number): number[] => [size - 1, size, size + 1]
  return {
    senders: random.int(2, 6),
    recordsPerRequestMax: random.pick([5, 30, 100]),
    pauseMsMax: random.pick([5, 20, 40]),
    edgeBytes: [
      0,
      1,
      ...around(128),
      ...around(16_384),
      ...around(65_536),
      segmentBytes / 4,
      segmentBytes / 2,
      ...around(segmentBytes),
    ],
  }
}

function createProcessFaults(random: Random, kinds: readonly FaultKind[]): ProcessFault[] {
  const allowed = PROCESS_FAULTS.filter(kind => kinds.includes(kind))
  const workerKills = WORKER_FAULTS.filter(kind => kinds.includes(kind)).flatMap(kind =>
    Array.from({ length: random.int(2, 4) }, () => kind),
  )
  const others = allowed.filter(kind => kind !== 'kill' && random.chance(0.6))
  const first = others.filter(kind => kind !== 'corrupt')
  const kills = allowed.includes('kill') ? random.int(2, 5 - Math.min(2, others.length)) : 0
  const shuffled: ProcessFaultKind[] = random.shuffle([
    ...first,
    ...workerKills,
    ...Array.from({ length: kills }, () => 'kill' as const),
  ])
  // Damage comes last: what is counted of it must not die with the process that has found it.
  const chosen: ProcessFaultKind[] = others.includes('corrupt')
    ? [...shuffled, 'corrupt']
    : shuffled
  // A list of one kind would else have runs in which nothing happens.
  const some = chosen.length === 0 ? allowed.slice(0, 1) : chosen
  return some.map(kind => createProcessFault(random, kind))
}

function createProcessFault(random: Random, kind: ProcessFaultKind): ProcessFault {
  const afterMs = random.int(30, 900)
  switch (kind) {
    case 'kill': {
      const from = random.chance(0.8) ? 'ready' : 'spawn'
      return { kind, from, afterMs, downMs: random.pick([0, 0, 50, 300]) }
    }
    case 'kill-worker':
      return { kind, afterMs, worker: random.next() }
    case 'stop':
      return { kind, afterMs, forMs: random.int(100, 1500) }
    case 'clock': {
      const size = random.pick([2000, 10 * MINUTE_MS, 60 * MINUTE_MS, 3 * 24 * 60 * MINUTE_MS])
      return { kind, afterMs, byMs: random.chance(0.5) ? size : -size }
    }
    case 'disk-full': {
      const leftBytes = random.pick([0, 0, 4096, 50_000])
      return { kind, afterMs, forMs: random.int(200, 1200), leftBytes, kill: random.chance(0.4) }
    }
    case 'corrupt': {
      const damage = random.chance(0.6) ? 'flip' : 'truncate'
      const [file, at] = [random.next(), random.next()]
      return { kind, afterMs, damage, file, at, bytes: random.pick([1, 1, 8, 512]) }
    }
  }
}

function createDestinationFaults(random: Random, kinds: readonly FaultKind[]): DestinationFault[] {
  const allowed = DESTINATION_FAULTS.filter(kind => kinds.includes(kind))
  if (allowed.length === 0) return []
  return Array.from({ length: random.int(3, 6) }, () => ({
    kind: random.pick(allowed),
    pauseMs: random.int(50, 700),
    forMs: random.int(100, 1200),
    share: random.pick([0.3, 0.7, 1]),
    // Now and then longer than the exporter waits for an answer.
    delayMs: random.pick([50, 300, 3000]),
    status: random.pick([429, 500, 503]),
  }))
}
