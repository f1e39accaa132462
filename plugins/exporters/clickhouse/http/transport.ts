import { Readable } from 'node:stream'
import {
  type ClickHouseClient,
  ClickHouseLogLevel,
  createClient,
  drainStream,
} from '@clickhouse/client'
import {
  insertColumns,
  insertSettings,
  type NativeInsert,
  type ReadQuery,
  type SelectedRow,
  type Transport,
} from '../transport.ts'
import type { HttpOptions } from './options.ts'

/** Idle sockets are closed by us before the server (3 s in the Cloud) does it under a request. */
const IDLE_SOCKET_TTL_MS = 2000
/** A bound for requests whose caller sets none. */
const REQUEST_TIMEOUT_MS_MAX = 600_000

/** A ClickHouse server over HTTP. It keeps no connection open when idle, so `open` does nothing. */
export class HttpTransport implements Transport {
  readonly endpoint: string
  readonly #client: ClickHouseClient
  /** For queries of users, which may leave out the database; it need not exist for the others. */
  readonly #reader: ClickHouseClient

  constructor(options: HttpOptions) {
    this.endpoint = options.url.origin
    this.#client = clientFor(options, 'default')
    this.#reader = clientFor(options, options.database)
  }

  async open(): Promise<void> {}

  async command(sql: string, signal: AbortSignal): Promise<void> {
    await this.#client.command({ query: sql, abort_signal: signal })
  }

  async select(sql: string, signal: AbortSignal): Promise<SelectedRow[]> {
    const result = await this.#client.query({
      query: sql,
      format: 'JSONEachRow',
      abort_signal: signal,
    })
    return await result.json<SelectedRow>()
  }

  async insert(insert: NativeInsert, signal: AbortSignal): Promise<void> {
    // The statement travels in the URL, the block as it is in the body. A stream cannot be sent
    // twice, so each attempt makes its own over the same bytes.
    const { stream } = await this.#client.exec({
      query: `INSERT INTO ${insert.table} ${insertColumns(insert)} ${insertSettings(insert)} FORMAT Native`,
      values: Readable.from([insert.block], { objectMode: false }),
      abort_signal: signal,
    })
    await drainStream(stream)
  }

  async query(query: ReadQuery, signal: AbortSignal): Promise<Buffer> {
    const { stream } = await this.#reader.exec({
      query: query.sql,
      abort_signal: AbortSignal.any([signal, AbortSignal.timeout(query.timeoutMs)]),
      clickhouse_settings: {
        // Errors come as errors, not in the middle of a result.
        wait_end_of_query: 1,
        max_execution_time: Math.ceil(query.timeoutMs / 1000),
        max_result_bytes: String(query.resultBytesMax),
        result_overflow_mode: 'throw',
        output_format_pretty_color: 0 as unknown as string,
        default_format: query.format,
        readonly: '1',
      } as Record<string, string | number>,
    })
    return await collect(stream, query.resultBytesMax)
  }

  async close(): Promise<void> {
    await Promise.all([this.#client.close(), this.#reader.close()])
  }
}

function clientFor(options: HttpOptions, database: string): ClickHouseClient {
  return createClient({
    url: options.url,
    database,
    username: options.username,
    password: options.password,
    application: 'parsec',
    request_timeout: options.timeoutMs || REQUEST_TIMEOUT_MS_MAX,
    max_open_connections: options.connectionsMax,
    keep_alive: { idle_socket_ttl: IDLE_SOCKET_TTL_MS, eagerly_destroy_stale_sockets: true },
    compression: { request: options.compression, response: false },
    clickhouse_settings: { ...options.settings },
    ...(options.agent === undefined ? {} : { http_agent: options.agent }),
    log: { level: ClickHouseLogLevel.OFF },
  })
}

/** Reads a stream to its end; throws a RangeError when it holds more than `bytesMax`. */
async function collect(stream: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > bytesMax) {
      throw new RangeError(`the result is over ${bytesMax} bytes: select less, or use LIMIT`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
