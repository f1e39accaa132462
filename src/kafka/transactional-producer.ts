import type { Kafka } from 'kafkajs'
import { PipelineError } from '../plugin/pipeline-error.ts'
import type { KafkaCompression } from './create-codec.ts'
import { createCluster, type KafkaCluster } from './kafkajs-cluster.ts'
import { LanePool } from './lane-pool.ts'
import {
  FENCED_PAUSE_MS,
  fencedError,
  isEpochFenced,
  isFencedId,
  transactionError,
} from './transaction-errors.ts'
import { NOTE_NAMES_MAX, type NotedName, notedName } from './transaction-note.ts'
import { type SendInTransaction, TransactionSession } from './transaction-session.ts'

export interface TransactionalProducerOptions {
  readonly kafka: Kafka
  /** Of this process alone, and the same after its restart. */
  readonly transactionalId: string
  /** For whose first partition it is noted what was written. MUST exist. */
  readonly noteTopic: string
  /** How many batches a note remembers: more than may be repeated after a crash; 250 at most. */
  readonly namesMax: number
  readonly compression: KafkaCompression
  /** One that the compression has; absent, 0 or -1 = its default. */
  readonly compressionLevel?: number | undefined
  /** How long the broker may wait for its replicas, in milliseconds. */
  readonly timeoutMs: number
  readonly allowAutoTopicCreation: boolean
  readonly metadataMaxAgeMs: number
  /** Told how each transaction ended; `unknown`: the answer to the commit did not come. */
  readonly onEnd: (outcome: 'committed' | 'aborted' | 'unknown') => void
}

/** How a batch has come to be in the topics: just now, or by an earlier transaction. */
export type Committed = 'now' | 'before'

/**
 * Transactions at the same time, each under an id of its own: `<transactional_id>-<lane>`. A later
 * version MUST NOT have fewer: it would not read the notes of the rest.
 */
const LANES = 5
/** Of a transaction before its caller is told: the first may only have found a connection gone. */
const TRIES = 2
/** Names that are known to be written: all notes, and again as many for what is found out later. */
const KNOWN_MAX = 2 * LANES * NOTE_NAMES_MAX
const CLOSE_MS_MAX = 3000

interface Lane {
  readonly transactionalId: string
  cluster: KafkaCluster | undefined
  session: TransactionSession | undefined
  /** How often all lanes had been opened when this one was. */
  generation: number
  /** A batch that may have been committed: told by the note when the lane is opened the next time. */
  unsettled: NotedName | undefined
}

/**
 * Writes each batch once, through crashes of this process and lost answers: its messages and a note
 * of its identity become valid together or not at all, and what is noted is not written again. See
 * docs/decisions/0011-kafka-transactions.md.
 */
export class TransactionalProducer {
  readonly #options: TransactionalProducerOptions
  readonly #pool: LanePool<Lane>
  readonly #known = new Set<NotedName>()
  readonly #unsettled = new Map<NotedName, Lane>()
  #generation = 1
  #opening: Promise<void> | undefined
  #fencedUntilMs = 0
  #closed = false

  constructor(options: TransactionalProducerOptions) {
    this.#options = options
    const lanes = Array.from({ length: LANES }, (_, i): Lane => {
      const transactionalId = `${options.transactionalId}-${i}`
      const nothing = { cluster: undefined, session: undefined, unsettled: undefined }
      return { transactionalId, generation: 0, ...nothing }
    })
    this.#pool = new LanePool(lanes)
  }

  /** Ends what an earlier process has begun, and reads what it has written. @throws PipelineError */
  async connect(): Promise<void> {
    this.#pool.release(await this.#takeOpen(undefined))
  }

  /**
   * Makes all that `work` sends readable at once, unless a batch of this identity is there already.
   * `work` may be called twice, and MUST send the same. Rejects with PipelineError, and then nothing
   * is readable, or this will be found out before the same identity is sent again.
   */
  async transact(
    identity: string,
    work: (send: SendInTransaction) => Promise<void>,
  ): Promise<Committed> {
    const name = notedName(identity)
    const lane = await this.#takeOpen(this.#unsettled.get(name))
    try {
      for (let tries = 1; ; tries++) {
        const session = lane.session ?? (await this.#open(lane))
        if (this.#known.has(name)) return 'before'
        try {
          await session.commit(name, work)
          this.#options.onEnd('committed')
          return 'now'
        } catch (thrown) {
          const error = await this.#fail(lane, session, name, thrown)
          const isLast = tries === TRIES || this.#closed || !error.retryable || isFencedId(error)
          if (isLast) throw error
        }
      }
    } finally {
      this.#pool.release(lane)
    }
  }

  /** Ends all connections; what is on its way is given up. */
  async close(): Promise<void> {
    this.#closed = true
    this.#pool.close(closedError())
    const closing = this.#pool.lanes.map(async lane => {
      await lane.session?.abort()
      await this.#disconnect(lane)
    })
    await Promise.race([Promise.allSettled(closing), elapsed(CLOSE_MS_MAX)])
  }

  /** Nothing is sent before all lanes are open: any of them may have written it. */
  async #takeOpen(preferred: Lane | undefined): Promise<Lane> {
    for (;;) {
      const fencedMs = this.#fencedUntilMs - performance.now()
      if (fencedMs > 0) throw fencedError(this.#options.transactionalId, fencedMs)
      this.#opening ??= this.#openAll()
      await this.#opening
      const lane = await this.#pool.take(preferred)
      // Somebody was fenced meanwhile.
      if (lane.generation === this.#generation) return lane
      this.#pool.release(lane)
    }
  }

  async #openAll(): Promise<void> {
    const generation = this.#generation
    const opened = await Promise.allSettled(
      this.#pool.lanes.map(async own => {
        const lane = await this.#pool.take(own)
        try {
          if (lane.generation !== generation) await this.#open(lane)
          lane.generation = generation
        } finally {
          this.#pool.release(lane)
        }
      }),
    )
    const failed = opened.find(one => one.status === 'rejected')
    if (failed === undefined) return
    if (this.#generation === generation) this.#opening = undefined
    throw failed.reason
  }

  async #open(lane: Lane): Promise<TransactionSession> {
    const { kafka, allowAutoTopicCreation, metadataMaxAgeMs: metadataMaxAge } = this.#options
    const { noteTopic, namesMax, compression, compressionLevel, timeoutMs } = this.#options
    const { transactionalId } = lane
    if (this.#closed) throw closedError()
    lane.cluster ??= createCluster(kafka, { allowAutoTopicCreation, metadataMaxAge })
    const { cluster } = lane
    lane.session = undefined
    try {
      const packed = { compression, compressionLevel }
      const common = { cluster, transactionalId, noteTopic, namesMax, ...packed, timeoutMs }
      const session = await TransactionSession.open(common)
      this.#settle(lane, session)
      lane.session = session
      return session
    } catch (thrown) {
      await this.#disconnect(lane)
      throw this.#error(thrown)
    }
  }

  /** Whatever was not known of the lane is known now: nothing of before can still be committed. */
  #settle(lane: Lane, { names }: TransactionSession): void {
    for (const name of names) this.#known.add(name)
    for (const name of this.#known) {
      if (this.#known.size <= KNOWN_MAX) break
      this.#known.delete(name)
    }
    if (lane.unsettled !== undefined) this.#unsettled.delete(lane.unsettled)
    lane.unsettled = undefined
  }

  async #fail(
    lane: Lane,
    session: TransactionSession,
    name: NotedName,
    thrown: unknown,
  ): Promise<PipelineError> {
    lane.session = undefined
    this.#options.onEnd(session.mayBeCommitted ? 'unknown' : 'aborted')
    // A transaction that took too long looks the same: then there is nobody else.
    const isFenced = isEpochFenced(thrown) && !session.isExpired
    if (session.mayBeCommitted) {
      lane.unsettled = name
      this.#unsettled.set(name, lane)
      // Whoever has fenced us has ended it.
    } else if (!isFenced) await session.abort()
    if (isFenced) {
      this.#fencedUntilMs = performance.now() + FENCED_PAUSE_MS
      // What the other process has written may be noted in any lane.
      this.#generation++
      this.#opening = undefined
    }
    const error = isFenced
      ? fencedError(this.#options.transactionalId, FENCED_PAUSE_MS)
      : this.#error(thrown)
    // A refusal came over a connection that works.
    if (error.retryable) await this.#disconnect(lane)
    return error
  }

  async #disconnect(lane: Lane): Promise<void> {
    const { cluster } = lane
    lane.cluster = undefined
    lane.session = undefined
    await cluster?.disconnect().catch(() => undefined)
  }

  #error(thrown: unknown): PipelineError {
    const { transactionalId, noteTopic } = this.#options
    return transactionError(thrown, transactionalId, noteTopic)
  }
}

function closedError(): PipelineError {
  return PipelineError.retryable('the connection is closed', { reason: 'shutting_down' })
}

async function elapsed(ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms).unref())
}
