import type { Session } from 'chdb'
import { within } from '../abort.ts'
import { classifyError } from '../errors.ts'
import {
  insertColumns,
  insertSettings,
  type NativeInsert,
  quoteName,
  quoteText,
  type ReadQuery,
  type SelectedRow,
  type Transport,
} from '../transport.ts'
import { openEngine } from './engine.ts'
import { Lane } from './lane.ts'
import { serveQueries } from './query-socket.ts'
import { assertReadOnly } from './read-only.ts'
import { Spool } from './spool.ts'

export interface ChdbOptions {
  /** Absolute path of the store's directory. */
  readonly path: string
  readonly database: string
  /** ClickHouse settings for every session. */
  readonly settings: Readonly<Record<string, string>>
  /** Make the store when it does not exist. */
  readonly create: boolean
  readonly onWarning: (message: string) => void
}

/** A query may not take the memory of the process that has the data. */
const QUERY_MEMORY_BYTES_MAX = 1024 ** 3

/**
 * The embedded engine. Inserts and schema changes go through one session, one at a time; every query
 * of a user gets a session of its own that cannot write and is closed after it.
 *
 * The engine cannot be interrupted: what is given up goes on in the background, so a given-up insert
 * may still be stored. Its repetition has the same token, and waits in the same lane.
 */
export class ChdbTransport implements Transport {
  readonly endpoint: string
  readonly #options: ChdbOptions
  readonly #spool: Spool
  readonly #lane = new Lane()
  readonly #readLane = new Lane()
  #session: Session | undefined
  #stopServing: (() => Promise<void>) | undefined

  constructor(options: ChdbOptions) {
    this.#options = options
    this.endpoint = `chdb://${options.path}`
    this.#spool = new Spool(options.path)
  }

  async open(): Promise<void> {
    if (this.#session !== undefined) return
    const session = await openEngine(this.#options.path, this.#options.create)
    try {
      const { settings } = this.#options
      const changes = Object.entries(settings).map(([name, value]) => `${name}=${quoteText(value)}`)
      if (changes.length > 0) await session.queryAsync(`SET ${changes.join(', ')}`)
      await this.#spool.open()
    } catch (error) {
      session.close()
      throw error
    }
    this.#session = session
    if (this.#options.create) await this.#serve()
  }

  async command(sql: string, signal: AbortSignal): Promise<void> {
    await this.#lane.run(() => this.#opened().queryAsync(sql), signal)
  }

  async select(sql: string, signal: AbortSignal): Promise<SelectedRow[]> {
    const result = await this.#lane.run(
      () => this.#opened().queryAsync(sql, { format: 'JSONEachRow' }),
      signal,
    )
    const lines = result.text().split('\n')
    return lines.filter(Boolean).map(line => JSON.parse(line) as SelectedRow)
  }

  async insert(insert: NativeInsert, signal: AbortSignal): Promise<void> {
    const path = await this.#spool.add(insert.block)
    const sql = `INSERT INTO ${insert.table} ${insertColumns(insert)} FROM INFILE ${quoteText(path)} ${insertSettings(insert)} FORMAT Native`
    let done: Promise<unknown> = Promise.resolve()
    try {
      await this.#lane.run(() => (done = this.#opened().queryAsync(sql)), signal)
    } finally {
      // The engine reads the file to the end, also when nobody waits for it any more.
      this.#spool.remove(path, done)
    }
  }

  async query(query: ReadQuery, signal: AbortSignal): Promise<Buffer> {
    assertReadOnly(query.sql)
    const result = await this.#readLane.run(() => this.#read(query), signal)
    const bytes = result.bytes()
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  async close(deadline: AbortSignal): Promise<void> {
    const session = this.#session
    if (session === undefined) return
    await this.#stopServing?.()
    const idle = Promise.all([this.#lane.idle(), this.#readLane.idle()]).then(() =>
      this.#spool.close(),
    )
    // Past the deadline the engine closes the session itself, when its work is done.
    await within(idle, deadline).catch(() => {})
    this.#session = undefined
    session.close()
  }

  /** Lets other processes ask; a failure costs only that, and is told by `onWarning`. */
  async #serve(): Promise<void> {
    const where = this.endpoint
    try {
      this.#stopServing = await serveQueries(this.#options.path, async (query, signal) => {
        try {
          return await this.query(query, signal)
        } catch (error) {
          throw classifyError(error, where)
        }
      })
    } catch (error) {
      this.#options.onWarning(`parsec query cannot reach this process: ${String(error)}`)
    }
  }

  async #read(query: ReadQuery): Promise<Awaited<ReturnType<Session['queryAsync']>>> {
    this.#opened()
    const session = await openEngine(this.#options.path, false)
    try {
      await session.queryAsync(`USE ${quoteName(this.#options.database)}`)
      await session.queryAsync(
        `SET max_execution_time=${Math.ceil(query.timeoutMs / 1000)}, ` +
          `max_result_bytes=${query.resultBytesMax}, result_overflow_mode='throw', ` +
          `max_memory_usage=${QUERY_MEMORY_BYTES_MAX}, ` +
          'output_format_pretty_color=0, readonly=1',
      )
      return await session.queryAsync(query.sql, { format: query.format })
    } finally {
      session.close()
    }
  }

  #opened(): Session {
    if (this.#session === undefined) throw new Error('the store is not open')
    return this.#session
  }
}
