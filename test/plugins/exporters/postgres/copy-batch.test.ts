import type { ExecutionContext } from 'ava'
import { nothingAltered } from '../../../../plugins/exporters/postgres/copy/altered.ts'
import { ChunkPool } from '../../../../plugins/exporters/postgres/copy/chunk-pool.ts'
import { RowEncoder } from '../../../../plugins/exporters/postgres/copy/encode-rows.ts'
import { LOG_COLUMN_NAMES } from '../../../../plugins/exporters/postgres/copy/log-columns.ts'
import {
  type CopyOutcome,
  copyBatch,
  HOPELESS_COPIES,
  SAVEPOINT,
  SEARCH_COPIES_MAX,
} from '../../../../plugins/exporters/postgres/copy-batch.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { usePostgres } from '../../../helpers/postgres-server.ts'
import { postgresTables } from '../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()

interface Copied extends CopyOutcome {
  /** Bodies that are stored, in order. */
  readonly bodies: unknown[]
  readonly altered: number
}

/** Copies bodies into a table that refuses those that hold "bad". */
async function copied(t: ExecutionContext, bodies: readonly string[]): Promise<Copied> {
  const { connections, signal, sql } = await postgresTables(t, await server.database())
  await sql("ALTER TABLE otel_logs ADD CHECK (body NOT LIKE '%bad%')")
  const records = bodies.map(body => ({ body }))
  const batch = buildLogs([{ records }], { requestId: 'test' })
  const altered = nothingAltered()
  const encoder = new RowEncoder(batch, { fallbackNanos: 0n, pool: new ChunkPool(), altered })
  const outcome = await connections.use(signal, async session => {
    await session.query(`BEGIN; ${SAVEPOINT}`)
    const copy = `COPY otel_logs (${LOG_COLUMN_NAMES.join(', ')}) FROM STDIN (FORMAT binary)`
    const found = await copyBatch(session, encoder, copy, batch.count)
    await session.query('COMMIT')
    return found
  })
  const rows = await sql('SELECT body FROM otel_logs ORDER BY body')
  return { ...outcome, bodies: rows.map(({ body }) => body), altered: altered.nul }
}

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `body ${String(i).padStart(5, '0')}`)

pgTest('all that is good goes in at once', async t => {
  const bodies = names(10)
  const result = await copied(t, bodies)
  t.deepEqual(result, { bodies, refused: [], fault: undefined, altered: 0 })
})

pgTest('bad records are left out, each by itself', async t => {
  const bodies = names(1000)
  const bad = [0, 17, 18, 999]
  const good = bodies.filter((_, i) => !bad.includes(i))
  for (const at of bad) bodies[at] = `bad\0 ${at}`
  const result = await copied(t, bodies)
  t.deepEqual(result.bodies, good)
  t.deepEqual(
    result.refused.toSorted((a, b) => a.from - b.from),
    bad.map(from => ({ from, to: from + 1 })),
  )
  t.like(result.fault, { code: '23514' })
  t.is(result.altered, 0)
})

pgTest('a single bad record is the whole of it', async t => {
  const result = await copied(t, ['bad'])
  t.deepEqual(result.refused, [{ from: 0, to: 1 }])
  t.deepEqual(result.bodies, [])
})

pgTest('when nothing goes in, the search is given up early', async t => {
  const result = await copied(
    t,
    names(5000).map(name => `bad ${name}`),
  )
  t.deepEqual(result.bodies, [])
  t.true(result.refused.length <= HOPELESS_COPIES + 1)
  t.is(total(result), 5000)
})

pgTest('many bad records cost a bounded number of COPYs, and are all left out', async t => {
  const bodies = names(4000).map((name, i) => (i % 10 === 0 && i > 2000 ? `bad ${name}` : name))
  const result = await copied(t, bodies)
  t.true(result.refused.length <= SEARCH_COPIES_MAX)
  t.is(total(result) + result.bodies.length, 4000)
  t.true(result.bodies.length >= 2000)
})

function total({ refused }: CopyOutcome): number {
  return refused.reduce((sum, { from, to }) => sum + to - from, 0)
}
