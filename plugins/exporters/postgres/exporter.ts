import {
  type Exporter,
  FirstSeen,
  identityOf,
  type LogBatch,
  type PipelineError,
  type PluginContext,
  Readiness,
} from '#core'
import type { Connections, Session } from './connections.ts'
import type { AlterReason } from './copy/altered.ts'
import { ChunkPool } from './copy/chunk-pool.ts'
import { classifyError, isSchemaMissing } from './errors.ts'
import { Keeper } from './partitions/keeper.ts'
import { storeBatch } from './store-batch.ts'
import type { TransactionLimits } from './transaction.ts'
import { refusalError } from './verdict.ts'

export interface PostgresExporterOptions {
  readonly context: PluginContext
  readonly connections: Connections
  /** For messages: endpoint and table, without credentials. */
  readonly where: string
  /** For the banner, without credentials. */
  readonly endpoint: string
  /** Quoted, with its schema; so is the ledger. */
  readonly table: string
  readonly ledger: string
  readonly limits: TransactionLimits
  /** Makes the tables ready. */
  readonly prepare: (session: Session) => Promise<void>
  /** What is done to the tables from time to time afterwards. */
  readonly keep: (session: Session) => Promise<void>
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number
}

/** Stores each batch in one transaction, with a row in the ledger that makes it exactly once. */
export class PostgresExporter implements Exporter {
  readonly #options: PostgresExporterOptions
  readonly #readiness: Readiness<true>
  readonly #keeper: Keeper
  readonly #pool = new ChunkPool()
  readonly #firstSeen: FirstSeen

  constructor(options: PostgresExporterOptions) {
    this.#options = options
    this.#firstSeen = new FirstSeen(options.now)
    const { context, connections } = options
    const keep = async (signal: AbortSignal): Promise<void> => {
      await connections.use(signal, options.keep).catch((error: unknown) => {
        throw this.#explain(error)
      })
    }
    this.#keeper = new Keeper(keep, context.logger)
    this.#readiness = new Readiness({
      context,
      prepare: async signal => {
        await connections.use(signal, options.prepare)
        this.#keeper.start()
        return true as const
      },
      explain: error => this.#explain(error),
    })
  }

  async start(): Promise<void> {
    await this.#readiness.start()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#readiness.stop()
    await this.#keeper.stop()
    await this.#options.connections.close(deadline)
  }

  endpoints(): readonly string[] {
    return [this.#options.endpoint]
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    if (batch.count === 0) return
    await this.#readiness.value(signal)
    const { connections, context, where } = this.#options
    // The id keeps two exporters apart that write what came from one origin into one table.
    const identity = `${context.id}/${identityOf(batch)}`
    const { refusal, altered } = await this.#store(() =>
      connections.use(signal, session =>
        storeBatch(session, batch, identity, {
          ...this.#options,
          pool: this.#pool,
          fallbackNanos: this.#firstSeen.nanosOf(batch),
        }),
      ),
    )
    for (const [reason, count] of Object.entries(altered) as [AlterReason, number][]) {
      if (count > 0) context.metrics.exporterAltered.inc({ exporter: context.id, reason }, count)
    }
    if (refusal !== undefined) throw refusalError(batch, refusal, where)
  }

  async #store<T>(store: () => Promise<T>): Promise<T> {
    try {
      return await store()
    } catch (thrown) {
      const error = this.#explain(thrown)
      if (isSchemaMissing(error)) this.#readiness.again(error)
      throw error
    }
  }

  #explain(thrown: unknown): PipelineError {
    return classifyError(thrown, this.#options.where)
  }
}
