import { setMaxListeners } from 'node:events'
import type { ExecutionContext } from 'ava'
import { postgresExporter } from '../../../../plugins/exporters/postgres/index.ts'
import type { LogBatch } from '../../../../src/batch/log-batch.ts'
import { buildLogs, buildLogsRequest } from '../../../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../../../src/otlp/decode-logs.ts'
import { encodeLogs } from '../../../../src/otlp/encode-logs.ts'
import type { Exporter } from '../../../../src/plugin/component.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import {
  createTestContext,
  exporterContract,
  runPipeline,
  type TestContext,
} from '../../../../src/testing/index.ts'
import { startCutProxy } from '../../../helpers/cut-proxy.ts'
import { OwnPostgres } from '../../../helpers/own-postgres.ts'
import { connectTo, usePostgres } from '../../../helpers/postgres-server.ts'
import { startStoreChild } from '../../../helpers/store-child.ts'
import { until } from '../../../helpers/until.ts'

const { pgTest, server } = usePostgres()
const never = new AbortController().signal
setMaxListeners(0, never)

interface Subject {
  readonly exporter: Exporter
  readonly context: TestContext
  readonly bodies: () => Promise<string[]>
}

async function started(
  t: ExecutionContext,
  { endpoint, via, ...keys }: { endpoint?: string; via?: number } & Record<string, unknown> = {},
): Promise<Subject> {
  const direct = endpoint ?? (await server.database())
  const context = createTestContext('exporter', 'postgres/a')
  const used = via === undefined ? direct : direct.replace(/:\d+\//, `:${via}/`)
  const config = postgresExporter.config.parse({ endpoint: used, ...keys })
  const exporter = postgresExporter.create(config, context)
  t.teardown(() => exporter.stop?.(AbortSignal.timeout(5000)))
  await exporter.start?.()
  await until(() => context.statuses.at(-1)?.status === 'ok')
  const client = await connectTo(t, direct)
  return {
    exporter,
    context,
    bodies: async () => {
      const { rows } = await client.query<{ body: string }>(
        'SELECT body FROM otel_logs ORDER BY body',
      )
      return rows.map(({ body }) => body)
    },
  }
}

/** Is this the COMMIT of a batch, not that of the upkeep in the background? */
function isCommit(chunk: Buffer, before: string): boolean {
  return before.includes('COPY ') && chunk.includes('COMMIT\0')
}

function batchOf(...bodies: readonly string[]): LogBatch {
  const records = bodies.map(body => ({ body }))
  return buildLogs([{ records }], { requestId: 'test' }).with({ origin: 'q/7' })
}

for (const { title, check } of exporterContract(postgresExporter, {
  config: { endpoint: 'postgres://127.0.0.1:1' },
})) {
  pgTest(`without a server: ${title}`, async t => {
    await t.notThrowsAsync(check())
  })
}

pgTest('from YAML to rows, through the queue', async t => {
  const endpoint = await server.database()
  const yaml = `exporters: {postgres: {endpoint: "${endpoint}", sending_queue: {wait_for_result: true}}}`
  const run = await runPipeline(t, yaml, [postgresExporter])
  await run.send(batchOf('a', 'b'))
  const client = await connectTo(t, endpoint)
  const { rows } = await client.query('SELECT body FROM otel_logs ORDER BY body')
  t.deepEqual(rows, [{ body: 'a' }, { body: 'b' }])
})

pgTest('an answer that was lost after the COMMIT is repeated without a second row', async t => {
  const proxy = await startCutProxy(t, server.port)
  const { exporter, bodies } = await started(t, { via: proxy.port })
  proxy.onClientData = (chunk, before) => (isCommit(chunk, before) ? 'answer' : 'pass')
  const error = await t.throwsAsync(exporter.consume(batchOf('a', 'b'), never))
  t.like(error, { retryable: true, reason: 'server_unavailable' })
  t.is(proxy.cuts, 1)
  t.deepEqual(await bodies(), ['a', 'b'])
  proxy.onClientData = () => 'pass'
  await exporter.consume(batchOf('a', 'b'), never)
  t.deepEqual(await bodies(), ['a', 'b'])
})

pgTest(
  'a connection that is cut before the COMMIT stores nothing, and the repetition all',
  async t => {
    const proxy = await startCutProxy(t, server.port)
    const { exporter, bodies } = await started(t, { via: proxy.port })
    proxy.onClientData = (chunk, before) => (isCommit(chunk, before) ? 'now' : 'pass')
    await t.throwsAsync(exporter.consume(batchOf('a', 'b'), never))
    t.deepEqual(await bodies(), [])
    proxy.onClientData = () => 'pass'
    await exporter.consume(batchOf('a', 'b'), never)
    t.deepEqual(await bodies(), ['a', 'b'])
  },
)

pgTest('a network that swallows everything is given up when the sender does', async t => {
  const proxy = await startCutProxy(t, server.port)
  const { exporter, bodies } = await started(t, { via: proxy.port })
  proxy.onClientData = chunk => (chunk.includes('COPY') ? 'hang' : 'pass')
  const error = await t.throwsAsync(exporter.consume(batchOf('a'), AbortSignal.timeout(200)))
  t.true(PipelineError.from(error).retryable)
  t.deepEqual(await bodies(), [])
})

pgTest(
  'parts of one origin, and two exporters into one table, are not taken for repetitions',
  async t => {
    const endpoint = await server.database()
    const { exporter, bodies } = await started(t, { endpoint })
    const batch = batchOf('a', 'b', 'c')
    await exporter.consume(batch.slice(0, 1), never)
    await exporter.consume(batch.slice(1, 3), never)
    const other = createTestContext('exporter', 'postgres/b')
    const second = postgresExporter.create(postgresExporter.config.parse({ endpoint }), other)
    t.teardown(() => second.stop?.(never))
    await second.start?.()
    await second.consume(batch.slice(0, 1), never)
    t.deepEqual(await bodies(), ['a', 'a', 'b', 'c'])
  },
)

pgTest(
  'bad records are refused for good, and can be sent again when the cause is mended',
  async t => {
    const endpoint = await server.database()
    const { exporter, bodies } = await started(t, { endpoint })
    const client = await connectTo(t, endpoint)
    await client.query("ALTER TABLE otel_logs ADD CONSTRAINT no_bad CHECK (body <> 'bad')")
    const batch = batchOf('a', 'bad', 'b')
    const error = PipelineError.from(await t.throwsAsync(exporter.consume(batch, never)))
    t.like(error, { retryable: false, reason: 'rejected' })
    t.regex(error.message, /1 of 3 records were refused, the first: SQLSTATE 23514/)
    t.deepEqual(await bodies(), ['a', 'b'])
    await client.query('ALTER TABLE otel_logs DROP CONSTRAINT no_bad')
    const [part] = error.rejected?.parts ?? []
    // As the dead letter sends it: encoded by itself, under the part's origin.
    const { batch: alone } = decodeLogs(encodeLogs(part!.records), { requestId: 'replay' })
    for (let i = 0; i < 2; i++) await exporter.consume(alone.with({ origin: part!.origin }), never)
    t.deepEqual(await bodies(), ['a', 'b', 'bad'])
  },
)

pgTest('what was changed to fit is counted', async t => {
  const { exporter, context } = await started(t)
  await exporter.consume(batchOf('a\0', 'b\0'), never)
  const { values } = await context.metrics.exporterAltered.get()
  t.deepEqual(values, [{ value: 2, labels: { exporter: 'postgres/a', reason: 'nul' } }])
})

pgTest('tables that were dropped are made again', async t => {
  const endpoint = await server.database()
  const { exporter, context, bodies } = await started(t, { endpoint })
  const client = await connectTo(t, endpoint)
  await client.query('DROP TABLE otel_logs, otel_logs_ledger, parsec_migrations')
  const error = await t.throwsAsync(exporter.consume(batchOf('a'), never))
  t.like(error, { retryable: true, reason: 'schema_missing' })
  await until(() => context.statuses.at(-1)?.status === 'ok')
  await exporter.consume(batchOf('a'), never)
  t.deepEqual(await bodies(), ['a'])
})

pgTest('a server that comes back finds the exporter waiting, and no secret is told', async t => {
  const own = await OwnPostgres.start()
  t.teardown(() => own.stop())
  await own.crash()
  const endpoint = own.endpoint.replace('parsec@', 'parsec:hunter2@')
  const context = createTestContext('exporter', 'postgres')
  const config = postgresExporter.config.parse({ endpoint })
  const exporter = postgresExporter.create(config, context)
  t.teardown(() => exporter.stop?.(never))
  await exporter.start?.()
  const error = await t.throwsAsync(exporter.consume(batchOf('a'), never))
  t.like(error, { retryable: true, reason: 'not_ready' })
  await own.restart()
  await until(() => context.statuses.at(-1)?.status === 'ok')
  await exporter.consume(batchOf('a'), never)
  const told = JSON.stringify([
    context.lines,
    context.statuses,
    error.message,
    exporter.endpoints?.(),
  ])
  t.regex(told, /ECONNREFUSED/)
  t.false(told.includes('hunter2'))
})

pgTest('a server that crashes under load: what was acknowledged is there once', async t => {
  t.timeout(110_000)
  const own = await OwnPostgres.start()
  t.teardown(() => own.stop())
  const { exporter } = await started(t, { endpoint: own.endpoint })
  const batches = Array.from({ length: 60 }, (_, batch) => {
    const records = Array.from({ length: 200 }, (_unused, i) => ({ body: `${batch}/${i}` }))
    return buildLogs([{ records }], { requestId: 'test' }).with({ origin: `queue/${batch}` })
  })
  let crashes = 0
  const deliver = async (batch: LogBatch): Promise<void> => {
    for (;;) {
      try {
        await exporter.consume(batch, never)
        return
      } catch (error) {
        if (!PipelineError.from(error).retryable) throw error
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }
  }
  for (let at = 0; at < batches.length; at += 20) {
    const sending = Promise.all(batches.slice(at, at + 20).map(deliver))
    await deliver(batches[at]!)
    await own.crash()
    crashes++
    await own.restart()
    await sending
  }
  const rows = await own.sql(
    'SELECT count(*)::int AS rows, count(DISTINCT body)::int AS records FROM otel_logs',
  )
  t.deepEqual(rows, [{ rows: 12_000, records: 12_000 }])
  t.is(crashes, 3)
})

pgTest('a record without a time keeps the time it was first seen with', async t => {
  const proxy = await startCutProxy(t, server.port)
  const endpoint = await server.database()
  const { exporter } = await started(t, { endpoint, via: proxy.port })
  const batch = batchOf('a')
  const before = Date.now()
  proxy.onClientData = chunk => (chunk.includes('COPY') ? 'now' : 'pass')
  await t.throwsAsync(exporter.consume(batch, never))
  const after = Date.now()
  while (Date.now() === after);
  proxy.onClientData = () => 'pass'
  await exporter.consume(batch, never)
  const client = await connectTo(t, endpoint)
  const { rows } = await client.query<{ ms: number }>(
    'SELECT (extract(epoch FROM timestamp) * 1000)::float8 AS ms FROM otel_logs',
  )
  t.true(rows[0]!.ms >= before && rows[0]!.ms <= after)
})

const KILLS = 8

pgTest('killed in the middle, again and again: every record is there exactly once', async t => {
  t.timeout(110_000)
  const endpoint = await server.database()
  const requests = Array.from({ length: 40 }, (_, batch) => {
    const records = Array.from({ length: 500 }, (_, i) => ({ body: `${batch}/${i}` }))
    return { bytes: buildLogsRequest([{ records }]), origin: `queue/${batch}` }
  })
  const acknowledged = new Set<string>()
  let kills = 0
  while (acknowledged.size < requests.length) {
    const child = await startStoreChild(t, endpoint)
    const open = requests.filter(({ origin }) => !acknowledged.has(origin))
    // So few that, however fast they are, some are left for every kill.
    const waiting = kills < KILLS ? open.slice(0, requests.length / KILLS) : open
    const sends = waiting.map(async ({ bytes, origin }) => {
      await child.consume(bytes, origin)
      acknowledged.add(origin)
    })
    if (kills < KILLS) {
      // After a different number of acknowledgements each time, the others still on their way.
      const wanted = acknowledged.size + (kills % 4)
      const settled = Promise.allSettled(sends)
      await until(() => acknowledged.size >= wanted)
      await new Promise(resolve => setTimeout(resolve, kills * 3))
      await child.kill()
      kills++
      void settled
    } else {
      await Promise.all(sends)
      await child.stop()
    }
  }
  const client = await connectTo(t, endpoint)
  const { rows } = await client.query(
    'SELECT count(*)::int AS rows, count(DISTINCT body)::int AS records FROM otel_logs',
  )
  t.deepEqual(rows, [{ rows: 20_000, records: 20_000 }])
  t.is(kills, KILLS)
})
