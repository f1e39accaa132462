import {
  type Exporter,
  FirstSeen,
  identityOf,
  type LogBatch,
  type PluginContext,
  Readiness,
} from '#core'
import { classifyError, isSchemaMissing } from './errors.ts'
import { insertParts } from './insert-parts.ts'
import { insertToken } from './insert-token.ts'
import { encodeBlock, type LogColumnName } from './native/encode-block.ts'
import { ScratchPool } from './native/scratch-pool.ts'
import { type InsertPart, splitBatch } from './split-batch.ts'
import type { Transport } from './transport.ts'

export interface ClickHouseExporterOptions {
  readonly context: PluginContext
  readonly transport: Transport
  /** Quoted, with its database. */
  readonly table: string
  /** Makes the table ready and returns its columns. */
  readonly prepare: (signal: AbortSignal) => Promise<readonly LogColumnName[]>
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number
}

/** Sends each batch as one INSERT of a Native block, or as few as the server's limits allow. */
export class ClickHouseExporter implements Exporter {
  readonly #options: ClickHouseExporterOptions
  readonly #where: string
  readonly #readiness: Readiness<readonly LogColumnName[]>
  readonly #scratches = new ScratchPool()
  readonly #firstSeen: FirstSeen
  /** The identities of parts that were refused and halved: a repetition goes on with the halves. */
  readonly #halved = new WeakMap<object, Set<string>>()

  constructor(options: ClickHouseExporterOptions) {
    this.#options = options
    this.#firstSeen = new FirstSeen(options.now)
    const { context, transport, table } = options
    this.#where = `${transport.endpoint}, table ${table.replaceAll('`', '')}`
    this.#readiness = new Readiness({
      context,
      prepare: async signal => {
        await transport.open(signal)
        return await options.prepare(signal)
      },
      explain: error => classifyError(error, this.#where),
    })
  }

  async start(): Promise<void> {
    await this.#readiness.start()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#readiness.stop()
    await this.#options.transport.close(deadline)
  }

  endpoints(): readonly string[] {
    return [this.#options.transport.endpoint]
  }

  async consume(batch: LogBatch, signal: AbortSignal): Promise<void> {
    if (batch.count === 0) return
    const columns = await this.#readiness.value(signal)
    const parts = splitBatch(batch, identityOf(batch))
    const insert = (part: InsertPart): Promise<void> => this.#insertPart(part, columns, signal)
    await insertParts(parts, insert, this.#halvedOf(batch))
  }

  async #insertPart(
    part: InsertPart,
    columns: readonly LogColumnName[],
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.#insert(part, columns, signal)
    } catch (thrown) {
      const error = classifyError(thrown, this.#where)
      if (isSchemaMissing(error)) this.#readiness.again(error)
      throw error
    }
  }

  async #insert(
    { batch, origin }: InsertPart,
    columns: readonly LogColumnName[],
    signal: AbortSignal,
  ): Promise<void> {
    const { transport, table, context } = this.#options
    const token = insertToken(context.id, origin)
    const scratch = this.#scratches.take()
    const fallbackNanos = this.#firstSeen.nanosOf(batch)
    const block = encodeBlock(batch, { columns, fallbackNanos, scratch })
    await transport.insert({ table, columns, token, block }, signal)
    // Only now: an insert that failed may still be reading the block.
    this.#scratches.release(scratch)
  }

  #halvedOf({ columns }: LogBatch): Set<string> {
    const halved = this.#halved.get(columns) ?? new Set()
    this.#halved.set(columns, halved)
    return halved
  }
}
