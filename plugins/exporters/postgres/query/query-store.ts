import pg from 'pg'
import { PipelineError, type StoreQuery } from '#core'
import type { PostgresConfig } from '../config.ts'
import { Connections, type Session } from '../connections.ts'
import { describeEndpoint, parseEndpoint } from '../endpoint.ts'
import { classifyError } from '../errors.ts'
import { connectionOptions } from '../from-config.ts'
import { beginStatements } from '../transaction.ts'
import { formatNamed, type ResultField, type TextValue } from './formats.ts'

/**
 * Runs one statement for `parsec query` in a read-only transaction, and gives its formatted result.
 * Rejects with PipelineError.
 */
export async function queryStore(
  config: PostgresConfig,
  query: StoreQuery,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const endpoint = parseEndpoint(config.endpoint)
  const format = formatNamed(query.format)
  const connections = new Connections(connectionOptions(config, endpoint))
  try {
    const { fields, rows } = await connections.use(signal, session => read(session, query))
    return Buffer.from(format(fields, rows))
  } catch (error) {
    throw queryError(error, describeEndpoint(endpoint))
  } finally {
    await connections.close(signal)
  }
}

/** A statement that is wrong is so for good, whatever it would mean for a batch. */
function queryError(thrown: unknown, where: string): PipelineError {
  const error = classifyError(thrown, where)
  const isRefusal = thrown instanceof pg.DatabaseError && /^(?:0A|2[25]|42)/.test(thrown.code ?? '')
  return isRefusal ? PipelineError.permanent(error.message, { cause: thrown }) : error
}

interface QueryResult {
  readonly fields: readonly ResultField[]
  readonly rows: readonly (readonly TextValue[])[]
}

async function read(
  session: Session,
  { sql, timeoutMs, resultBytesMax }: StoreQuery,
): Promise<QueryResult> {
  const limits = { statementMs: timeoutMs, lockMs: timeoutMs }
  await session.query(beginStatements(limits, 'ONLY'))
  const result = await collect(session, sql, resultBytesMax)
  await session.query('ROLLBACK')
  return result
}

/** Every value as the text that PostgreSQL sends. */
const AS_TEXT = { getTypeParser: () => (value: string) => value } as const

/** Rejects as soon as more than `bytesMax` have come; the caller then cuts the connection. */
async function collect(session: Session, sql: string, bytesMax: number): Promise<QueryResult> {
  const rows: TextValue[][] = []
  let bytes = 0
  return await new Promise((resolve, reject) => {
    // The extended protocol takes one statement alone: no COMMIT can be slipped in before another.
    const query = new pg.Query<TextValue[]>({
      text: sql,
      rowMode: 'array',
      types: AS_TEXT,
      queryMode: 'extended',
    } as pg.QueryArrayConfig)
    query.on('row', row => {
      for (const value of row) bytes += (value?.length ?? 0) + 1
      if (bytes > bytesMax) {
        reject(PipelineError.permanent(`the result is over ${bytesMax} bytes: add a LIMIT`))
      } else rows.push(row)
    })
    query.on('error', reject)
    query.on('end', result => {
      const fields = result.fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID }))
      resolve({ fields, rows })
    })
    session.query(query)
  })
}
