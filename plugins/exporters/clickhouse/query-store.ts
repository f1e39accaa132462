import { PipelineError, type StoreQuery } from '#core'
import { askOwner } from './chdb/query-socket.ts'
import { assertReadOnly } from './chdb/read-only.ts'
import type { ClickHouseConfig } from './config.ts'
import { classifyError } from './errors.ts'
import { openTransport } from './from-config.ts'
import type { ReadQuery } from './transport.ts'

const TABLE_FORMAT = 'PrettyCompactMonoBlock'

/**
 * Runs read-only SQL for `parsec query`. The server answers; an embedded store is asked through the
 * process that has it open, and opened here when there is none. Rejects with PipelineError.
 */
export async function queryStore(
  config: ClickHouseConfig,
  { format = TABLE_FORMAT, ...rest }: StoreQuery,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const query: ReadQuery = { ...rest, format }
  if (!/^[A-Za-z0-9]+$/.test(format)) {
    throw PipelineError.permanent(`format "${format}" is not a name: try JSONEachRow or CSV`)
  }
  assertReadOnly(query.sql)
  const { endpoint, transport } = openTransport(config, () => {}, false)
  try {
    if (endpoint.kind === 'chdb') {
      const answer = await askOwner(endpoint.path, query, signal)
      if (answer !== undefined) return answer
    }
    await transport.open(signal)
    return await transport.query(query, signal)
  } catch (error) {
    throw classifyError(error, transport.endpoint)
  } finally {
    await transport.close(signal)
  }
}
