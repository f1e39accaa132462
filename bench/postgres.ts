import { performance } from 'node:perf_hooks'
import pg from 'pg'
import { nothingAltered } from '../plugins/exporters/postgres/copy/altered.ts'
import { ChunkPool } from '../plugins/exporters/postgres/copy/chunk-pool.ts'
import { copyIn } from '../plugins/exporters/postgres/copy/copy-in.ts'
import { RowEncoder } from '../plugins/exporters/postgres/copy/encode-rows.ts'
import { LOG_COLUMN_NAMES } from '../plugins/exporters/postgres/copy/log-columns.ts'
import { postgresExporter } from '../plugins/exporters/postgres/index.ts'
import { decodeLogs } from '../src/otlp/decode-logs.ts'
import { createTestContext } from '../src/testing/index.ts'
import { startServices } from '../test/services/services.ts'
import { missingFor } from '../test/services/tools.ts'
import { corpus } from './corpus.ts'

/*
 * The postgres exporter against a bare COPY of the same rows, encoded beforehand, into the same table
 * over one connection: what encoding, the ledger and the transaction cost. Rounds of both alternate,
 * so that a busy machine is busy for both.
 */

export const POSTGRES_CASE = 'postgres exporter against a bare COPY'
const ROUNDS = 10
const BATCHES_PER_ROUND = 2
const SHAPE = { resources: 10, scopesPerResource: 2, recordsPerScope: 400 }
const RECORDS = SHAPE.resources * SHAPE.scopesPerResource * SHAPE.recordsPerScope
/** The exporter may take this much longer. */
const GOAL = 1.2

/** Measures and prints; says so when there is no PostgreSQL. */
export async function measurePostgres(): Promise<void> {
  const missing = missingFor('postgres')
  if (missing !== undefined) {
    console.log(`\n${POSTGRES_CASE} SKIPPED: ${missing}`)
    return
  }
  const { postgres } = await startServices(['postgres'])
  const client = new pg.Client({ connectionString: postgres!.url })
  await client.connect()
  const schema = `bench_${process.pid}`
  console.log(`\n${POSTGRES_CASE}: records/s, batches of ${RECORDS}, one connection (median)`)
  try {
    for (const profile of ['lean', 'attributes', 'full_text']) {
      await measureProfile(client, postgres!.url, schema, profile)
      await client.query(`DROP SCHEMA ${schema} CASCADE`)
    }
  } finally {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
  }
}

async function measureProfile(
  client: pg.Client,
  endpoint: string,
  schema: string,
  profile: string,
): Promise<void> {
  const config = postgresExporter.config.parse({ endpoint, schema, index_profile: profile })
  const exporter = postgresExporter.create(config, createTestContext('exporter', 'postgres'))
  await exporter.start?.()
  const bytes = corpus(SHAPE)
  const { signal } = new AbortController()
  const { batch } = decodeLogs(bytes, { requestId: 'bench' })
  const options = { fallbackNanos: 0n, pool: new ChunkPool(), altered: nothingAltered() }
  const rows = [...new RowEncoder(batch, options).encode(0, batch.count).chunks]
  const columns = LOG_COLUMN_NAMES.join(', ')
  const copy = `COPY ${schema}.otel_logs (${columns}) FROM STDIN (FORMAT binary)`
  const ways = {
    exporter: () => exporter.consume(batch.with({ origin: undefined }), signal),
    bare: () => copyIn(client as unknown as pg.PoolClient, copy, rows),
  }
  const seconds = { exporter: [] as number[], bare: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const way of round % 2 === 0
      ? (['bare', 'exporter'] as const)
      : (['exporter', 'bare'] as const)) {
      const started = performance.now()
      for (let i = 0; i < BATCHES_PER_ROUND; i++) await ways[way]()
      seconds[way].push((performance.now() - started) / 1000)
    }
    await client.query(`TRUNCATE ${schema}.otel_logs`)
  }
  await exporter.stop?.(AbortSignal.timeout(10_000))
  const rate = (way: keyof typeof seconds): number =>
    (RECORDS * BATCHES_PER_ROUND) / median(seconds[way].slice(2))
  const ratio = median(seconds.exporter.slice(2).map((value, i) => value / seconds.bare[i + 2]!))
  const cells = [
    profile.padEnd(12),
    `exporter ${Math.round(rate('exporter'))}`.padEnd(18),
    `bare ${Math.round(rate('bare'))}`.padEnd(14),
    `time x${ratio.toFixed(2)}`,
    profile === 'lean' ? `goal <= x${GOAL}` : '',
  ]
  console.log(`  ${cells.join(' ')}`)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
