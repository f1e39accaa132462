import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaCompression } from './create-codec.ts'
import { kafkaErrorType } from './kafka-errors.ts'
import {
  GROUP_COORDINATOR,
  type KafkaBroker,
  type KafkaCluster,
  type ProducerSession,
  type TopicPartitions,
  TRANSACTION_COORDINATOR,
} from './kafkajs-cluster.ts'
import { packingOf } from './packing.ts'
import type { KafkaRecord } from './producer.ts'
import { groupBy, type PartitionShare, RecordRouter } from './record-routing.ts'
import { fetchStableOffsets, OFFSET_FETCH, STABLE_VERSION } from './stable-offsets.ts'
import { unsupportedError } from './transaction-errors.ts'
import { decodeNote, encodeNote, type NotedName } from './transaction-note.ts'

export interface TransactionSessionOptions {
  readonly cluster: KafkaCluster
  /** Also the group in which the note is kept. */
  readonly transactionalId: string
  /** The note is kept for its first partition. MUST exist. */
  readonly noteTopic: string
  /** How many of the last batches are noted. */
  readonly namesMax: number
  readonly compression: KafkaCompression
  /** One that the compression has; absent, 0 or -1 = its default. */
  readonly compressionLevel?: number | undefined
  /** How long the broker may wait for its replicas, in milliseconds. */
  readonly timeoutMs: number
}

/** Sends records in the transaction, within the bound of one request. Rejects with kafkajs's errors. */
export type SendInTransaction = (records: readonly KafkaRecord[]) => Promise<void>

/** After this the broker gives up a transaction by itself, and with it the session. */
const TRANSACTION_MS_MAX = 60_000
/** A commit that begins later, and takes as long as a request may, would meet that end. */
const COMMIT_BY_MS = 40_000
/** The longest wait for the end of the transaction before. */
const PATIENCE_MS = 30_000
/** The broker ends a transaction behind its answer: milliseconds later, usually. */
const PAUSE_MS_MIN = 5
const PAUSE_MS_MAX = 100
const ABORT_MS_MAX = 2000

/** Pass by themselves. */
const PASSING = new Set([
  'CONCURRENT_TRANSACTIONS',
  'UNSTABLE_OFFSET_COMMIT',
  'GROUP_LOAD_IN_PROGRESS',
])
/** Pass when the coordinator is looked for again: it moves, or its topic is being made. */
const MOVING = new Set([...PASSING, 'NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE'])

/** InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, TxnOffsetCommit */
const TRANSACTION_REQUESTS = [22, 24, 25, 26, 28]

/**
 * The right to write under a transactional id, from `open` until somebody else opens it or one
 * transaction fails. One transaction at a time. kafkajs's own is not used: it asks for the
 * coordinator before each of five requests one after another, waits 100 ms and more when the
 * transaction before has not quite ended, repeats requests to a leader that has changed with new
 * sequence numbers, and cannot be asked for a note that is certain.
 */
export class TransactionSession {
  /** What the last transactions have written; the newest last. */
  readonly names: NotedName[]
  readonly #options: TransactionSessionOptions
  readonly #coordinator: KafkaBroker
  readonly #noteKeeper: KafkaBroker
  readonly #producer: ProducerSession & { readonly transactionalId: string }
  readonly #router: RecordRouter
  /** The next sequence number of each partition. */
  readonly #sequences = new Map<string, number>()
  /** Partitions in the transaction. */
  readonly #joined = new Set<string>()
  #count: bigint
  /** Requests that may still reach a broker. */
  #unanswered = 0
  #begunMs = 0
  #isUnderWay = false
  #mayBeCommitted = false

  private constructor(
    options: TransactionSessionOptions,
    brokers: { readonly coordinator: KafkaBroker; readonly noteKeeper: KafkaBroker },
    producer: ProducerSession,
    note: { readonly names: NotedName[]; readonly count: bigint },
  ) {
    this.#options = options
    this.#coordinator = brokers.coordinator
    this.#noteKeeper = brokers.noteKeeper
    const { transactionalId } = options
    const { producerId, producerEpoch } = producer
    this.#producer = { producerId, producerEpoch, transactionalId }
    this.#router = new RecordRouter(options.cluster)
    this.names = note.names
    this.#count = note.count
  }

  /**
   * Ends whatever was begun under the id, so that it can no longer be committed, and reads what
   * was. Rejects with kafkajs's errors.
   */
  static async open(options: TransactionSessionOptions): Promise<TransactionSession> {
    const { cluster, transactionalId, noteTopic } = options
    await cluster.connect()
    await cluster.addMultipleTargetTopics([noteTopic])
    const groupId = transactionalId
    const find = (coordinatorType: 0 | 1): Promise<KafkaBroker> =>
      cluster.findGroupCoordinator({ groupId, coordinatorType })
    const { coordinator, producer } = await patiently(async () => {
      const coordinator = await find(TRANSACTION_COORDINATOR)
      assertTransactions(coordinator)
      const request = { transactionalId, transactionTimeout: TRANSACTION_MS_MAX }
      return { coordinator, producer: await coordinator.initProducerId(request) }
    }, MOVING)
    const { noteKeeper, offsets } = await patiently(async () => {
      const noteKeeper = await find(GROUP_COORDINATOR)
      return { noteKeeper, offsets: await fetchStableOffsets(noteKeeper, groupId) }
    }, MOVING)
    // More than one when the config had another topic before.
    const names = offsets.flatMap(({ metadata }) => decodeNote(metadata))
    const count = offsets.reduce((max, { offset }) => (offset > max ? offset : max), 0n)
    return new TransactionSession(options, { coordinator, noteKeeper }, producer, { names, count })
  }

  /** True when the broker was asked to commit and its answer is not known. */
  get mayBeCommitted(): boolean {
    return this.#mayBeCommitted
  }

  /** Has the broker given the transaction up by now? */
  get isExpired(): boolean {
    return performance.now() - this.#begunMs > TRANSACTION_MS_MAX
  }

  /**
   * Makes all that `work` sends visible at once, together with the note of `name`. Rejects with what
   * `work` or kafkajs threw, and then the session is over: see `mayBeCommitted`.
   */
  async commit(name: NotedName, work: (send: SendInTransaction) => Promise<void>): Promise<void> {
    this.#joined.clear()
    this.#begunMs = performance.now()
    this.#isUnderWay = true
    const names = [...this.names, name].slice(-this.#options.namesMax)
    const noted = this.#note(names)
    noted.catch(() => undefined)
    await work(records => this.#send(records))
    await noted
    this.#assertInTime()
    this.#mayBeCommitted = true
    await this.#coordinator.endTxn({ ...this.#producer, transactionResult: true })
    this.#mayBeCommitted = false
    this.#isUnderWay = false
    this.names.splice(0, this.names.length, ...names)
  }

  /**
   * After a failure, frees the readers of the partitions at once. Never rejects: when it fails they
   * have to wait for the next `open`, or TRANSACTION_MS_MAX.
   */
  async abort(): Promise<void> {
    if (this.#mayBeCommitted || !this.#isUnderWay) return
    const ended = (this.#unanswered === 0 ? this.#endAsAborted() : this.#fence()).catch(() => {})
    await Promise.race([ended, sleep(ABORT_MS_MAX, undefined, { ref: false })])
  }

  async #endAsAborted(): Promise<void> {
    await this.#coordinator.endTxn({ ...this.#producer, transactionResult: false })
  }

  /**
   * The broker ends the transaction and counts the epoch up, so that what comes late is refused. After
   * a plain end it would begin a transaction that nobody ends, and hold the readers up for good.
   */
  async #fence(): Promise<void> {
    const { transactionalId } = this.#options
    const request = { transactionalId, transactionTimeout: TRANSACTION_MS_MAX }
    await this.#coordinator.initProducerId(request)
  }

  async #note(names: readonly NotedName[]): Promise<void> {
    const { noteTopic: topic, transactionalId: groupId } = this.#options
    await this.#ask(() => this.#coordinator.addOffsetsToTxn({ ...this.#producer, groupId }))
    // How many transactions there were: of no use to us, but what is committed is an offset.
    const offset = String(++this.#count)
    const partitions = [{ partition: 0, offset, metadata: encodeNote(names) }]
    await this.#ask(() =>
      this.#noteKeeper.txnOffsetCommit({
        ...this.#producer,
        groupId,
        topics: [{ topic, partitions }],
      }),
    )
  }

  async #send(records: readonly KafkaRecord[]): Promise<void> {
    this.#assertInTime()
    const shares = await this.#router.route(records)
    await this.#join(shares)
    const byLeader = groupBy(shares, ({ leader }) => leader)
    const producing = [...byLeader].map(([leader, own]) => this.#produce(leader, own))
    const failed = (await Promise.allSettled(producing)).find(one => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #join(shares: readonly PartitionShare[]): Promise<void> {
    const added = shares.filter(share => !this.#joined.has(nameOf(share)))
    if (added.length === 0) return
    const topics = [...groupBy(added, ({ topic }) => topic)].map(
      ([topic, own]): TopicPartitions => ({
        topic,
        partitions: own.map(({ partition }) => partition),
      }),
    )
    await this.#ask(() => this.#coordinator.addPartitionsToTxn({ ...this.#producer, topics }))
    for (const share of added) this.#joined.add(nameOf(share))
  }

  async #produce(leader: number, shares: readonly PartitionShare[]): Promise<void> {
    const { cluster, compression, compressionLevel, timeoutMs } = this.#options
    const broker = await cluster.findBroker({ nodeId: leader })
    const topicData = [...groupBy(shares, ({ topic }) => topic)].map(([topic, own]) => ({
      topic,
      partitions: own.map(share => ({
        partition: share.partition,
        firstSequence: this.#numbered(share),
        messages: share.messages,
      })),
    }))
    const how = {
      acks: -1,
      timeout: timeoutMs,
      compression: packingOf(compression, compressionLevel),
    } as const
    await this.#ask(() => broker.produce({ ...this.#producer, ...how, topicData }))
  }

  async #ask<T>(request: () => Promise<T>): Promise<T> {
    this.#unanswered++
    try {
      const answer = await patiently(request)
      this.#unanswered--
      return answer
    } catch (error) {
      // A refusal is an answer, too.
      if (kafkaErrorType(error) !== undefined) this.#unanswered--
      throw error
    }
  }

  /** The number of its first message. Not given back: after a failure the session is over. */
  #numbered(share: PartitionShare): number {
    const name = nameOf(share)
    const first = this.#sequences.get(name) ?? 0
    this.#sequences.set(name, (first + share.messages.length) % 2 ** 31)
    return first
  }

  #assertInTime(): void {
    const ms = Math.round(performance.now() - this.#begunMs)
    if (ms > COMMIT_BY_MS)
      throw new Error(`the transaction has taken ${ms}ms, too long to commit it`)
  }
}

function nameOf({ topic, partition }: PartitionShare): string {
  return `${topic}/${partition}`
}

async function patiently<T>(ask: () => Promise<T>, passing = PASSING): Promise<T> {
  const untilMs = performance.now() + PATIENCE_MS
  for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)) {
    try {
      return await ask()
    } catch (error) {
      const passes = passing.has(kafkaErrorType(error) ?? '') && performance.now() < untilMs
      if (!passes) throw error
    }
    await sleep(pauseMs)
  }
}

function assertTransactions({ versions }: KafkaBroker): void {
  const hasAll = TRANSACTION_REQUESTS.every(key => versions[key] !== undefined)
  if (hasAll && (versions[OFFSET_FETCH]?.maxVersion ?? 0) >= STABLE_VERSION) return
  throw unsupportedError()
}
