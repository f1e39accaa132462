import type { ExecutionContext } from 'ava'
import { nothingAltered } from '../../../../plugins/exporters/postgres/copy/altered.ts'
import { ChunkPool } from '../../../../plugins/exporters/postgres/copy/chunk-pool.ts'
import {
  type StoreOutcome,
  storeBatch,
} from '../../../../plugins/exporters/postgres/store-batch.ts'
import type { LogBatch } from '../../../../src/batch/log-batch.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { usePostgres } from '../../../helpers/postgres-server.ts'
import { type PostgresTables, postgresTables } from '../../../helpers/postgres-tables.ts'

const { pgTest, server } = usePostgres()

interface Subject extends PostgresTables {
  readonly store: (batch: LogBatch, identity: string, lockMs?: number) => Promise<StoreOutcome>
  readonly bodies: () => Promise<unknown[]>
}

async function subject(t: ExecutionContext): Promise<Subject> {
  const tables = await postgresTables(t, await server.database())
  const { connections, signal, sql } = tables
  const pool = new ChunkPool()
  return {
    ...tables,
    store: (batch, identity, lockMs = 5000) =>
      connections.use(signal, session =>
        storeBatch(session, batch, identity, {
          table: 'otel_logs',
          ledger: 'otel_logs_ledger',
          limits: { statementMs: 10_000, lockMs },
          pool,
          fallbackNanos: 0n,
        }),
      ),
    bodies: async () => (await sql('SELECT body FROM otel_logs ORDER BY body')).map(r => r['body']),
  }
}

function batchOf(...bodies: readonly string[]): LogBatch {
  return buildLogs([{ records: bodies.map(body => ({ body })) }], { requestId: 'test' })
}

pgTest('a batch is stored once, however often it is sent', async t => {
  const { store, bodies, sql } = await subject(t)
  const outcome = { refusal: undefined, altered: nothingAltered() }
  for (let i = 0; i < 3; i++) t.deepEqual(await store(batchOf('a', 'b'), 'q/1'), outcome)
  await store(batchOf('c'), 'q/2')
  t.deepEqual(await bodies(), ['a', 'b', 'c'])
  t.deepEqual(await sql('SELECT records FROM otel_logs_ledger ORDER BY 1'), [
    { records: 1 },
    { records: 2 },
  ])
})

pgTest('the same batch many times at once is stored once', async t => {
  const { store, bodies } = await subject(t)
  await Promise.all(Array.from({ length: 5 }, () => store(batchOf('a'), 'q/1')))
  t.deepEqual(await bodies(), ['a'])
})

pgTest('a repetition waits for the first try, and no longer than it may', async t => {
  const { store, bodies, connections, signal, sql } = await subject(t)
  await connections.use(signal, async session => {
    await session.query(`BEGIN; INSERT INTO otel_logs_ledger (token, records)
      SELECT left(encode(sha256('q/1'), 'hex'), 32)::uuid, 1`)
    await t.throwsAsync(store(batchOf('a'), 'q/1', 50), { code: '55P03' })
    const waiting = store(batchOf('a'), 'q/1')
    while ((await sql('SELECT 1 FROM pg_locks WHERE NOT granted')).length === 0);
    await session.query('ROLLBACK')
    await waiting
  })
  t.deepEqual(await bodies(), ['a'])
})

pgTest('a repetition has the same verdict on what was refused', async t => {
  const { store, bodies, sql } = await subject(t)
  await sql("ALTER TABLE otel_logs ADD CHECK (body <> 'bad')")
  const batch = batchOf('a', 'bad', 'b', 'bad')
  const first = await store(batch, 'q/1')
  t.deepEqual(first.refusal?.ranges, [
    { from: 1, to: 2 },
    { from: 3, to: 4 },
  ])
  t.regex(first.refusal?.fault ?? '', /^SQLSTATE 23514: /)
  t.deepEqual((await store(batch, 'q/1')).refusal, first.refusal)
  t.deepEqual(await bodies(), ['a', 'b'])
})

pgTest('a batch that is refused whole may be sent again when the cause is mended', async t => {
  const { store, bodies, sql } = await subject(t)
  await sql("ALTER TABLE otel_logs ADD CONSTRAINT no_bad CHECK (body <> 'bad')")
  const first = await store(batchOf('bad'), 'q/1')
  t.deepEqual(first.refusal?.ranges, [{ from: 0, to: 1 }])
  t.deepEqual(await sql('SELECT * FROM otel_logs_ledger'), [])
  await sql('ALTER TABLE otel_logs DROP CONSTRAINT no_bad')
  t.is((await store(batchOf('bad'), 'q/1')).refusal, undefined)
  t.deepEqual(await bodies(), ['bad'])
})

pgTest('when the table is gone, nothing is remembered either', async t => {
  const { store, bodies, sql } = await subject(t)
  await sql('ALTER TABLE otel_logs RENAME TO elsewhere')
  await t.throwsAsync(store(batchOf('a'), 'q/1'), { code: '42P01' })
  await sql('ALTER TABLE elsewhere RENAME TO otel_logs')
  await store(batchOf('a'), 'q/1')
  t.deepEqual(await bodies(), ['a'])
})

pgTest('what was changed to fit is told', async t => {
  const { store, bodies } = await subject(t)
  const { altered } = await store(batchOf('a\0'), 'q/1')
  t.deepEqual(altered, { ...nothingAltered(), nul: 1 })
  t.deepEqual(await bodies(), ['a\u2400'])
})
