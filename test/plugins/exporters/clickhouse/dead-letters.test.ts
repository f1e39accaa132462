import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { plugins } from '../../../../plugins/index.ts'
import { loadConfig } from '../../../../src/config/load.ts'
import type { ServiceConfig } from '../../../../src/config/service-config.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { type ReplayOptions, replayLetters } from '../../../../src/service/replay-letters.ts'
import {
  bodiesOf,
  type ChdbFront,
  createTestContext,
  type PipelineRun,
  runPipeline,
  sampleLogs,
  startChdbFront,
} from '../../../../src/testing/index.ts'
import { createTestEnds } from '../../../../src/testing/test-plugins.ts'
import { lettersIn } from '../../../helpers/dead-letters.ts'
import { tempFolder } from '../../../helpers/temp-folder.ts'

/*
 * Dead letters with the real engine: what a table refuses, an answer that was lost, and the replay.
 */

let front: ChdbFront
test.before(async () => {
  front = await startChdbFront()
})
test.after.always(() => front.close())

/** Passes requests on to the engine, and may cut the way back. */
async function startProxy(t: ExecutionContext) {
  const proxy = { url: '', losesAnswer: (_sql: string, _count: number) => false }
  let inserts = 0
  const server = createServer((incoming, response) => {
    const pass = async (): Promise<void> => {
      const chunks: Uint8Array[] = []
      for await (const chunk of incoming) chunks.push(chunk as Uint8Array)
      const sql = new URL(incoming.url!, front.url).searchParams.get('query') ?? ''
      const method = incoming.method ?? 'GET'
      const body = method === 'GET' ? null : Buffer.concat(chunks)
      const answer = await fetch(`${front.url}${incoming.url}`, { method, body })
      const isInsert = /^\s*insert/i.test(sql)
      if (isInsert && proxy.losesAnswer(sql, inserts++)) {
        response.destroy()
        return
      }
      const code = answer.headers.get('x-clickhouse-exception-code')
      response.writeHead(
        answer.status,
        code === null ? {} : { 'x-clickhouse-exception-code': code },
      )
      response.end(Buffer.from(await answer.arrayBuffer()))
    }
    pass().catch(() => response.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return proxy
}

const sql = async (text: string): Promise<string> => {
  const answer = await fetch(`${front.url}/?default_format=TSV&query=${encodeURIComponent(text)}`)
  const body = await answer.text()
  if (!answer.ok) throw new Error(body)
  return body.trim()
}

interface Subject {
  readonly run: PipelineRun
  readonly database: string
  readonly directory: string
  readonly config: ServiceConfig
  readonly proxy: Awaited<ReturnType<typeof startProxy>>
  /** Bodies in the table, sorted. */
  readonly stored: () => Promise<string[]>
  /** What became of each letter. */
  readonly replay: (options?: Partial<ReplayOptions>) => Promise<string[]>
}

let databases = 0

async function start(t: ExecutionContext, chain = ''): Promise<Subject> {
  const proxy = await startProxy(t)
  const directory = `${await tempFolder(t)}/dead`
  const database = `dead_${++databases}`
  const ends = createTestEnds()
  const text = `
receivers: {test: }
exporters:
  clickhouse: {endpoint: "${proxy.url}", database: ${database}, ${chain}}
service:
  dead_letter: {directory: ${directory}}
  pipelines: {logs: {receivers: [test], exporters: [clickhouse]}}`
  const sources = [`yaml:${text}`]
  const { config } = await loadConfig({ sources, plugins: [...plugins, ...ends.plugins], env: {} })
  const run = await runPipeline(t, text, plugins)
  const { logger, metrics } = createTestContext('exporter', 'replay')
  return {
    run,
    database,
    directory,
    config: config!,
    proxy,
    stored: async () => {
      const rows = await sql(`SELECT Body FROM ${database}.otel_logs ORDER BY Body`)
      return rows === '' ? [] : rows.split('\n')
    },
    replay: async (options = {}) => {
      const outcomes: string[] = []
      await replayLetters({
        config: config!,
        directories: [directory],
        filter: {},
        includePartial: false,
        dryRun: false,
        logger,
        metrics,
        signal: new AbortController().signal,
        onOutcome: (_letter, outcome) => outcomes.push(outcome.kind),
        onTrouble: trouble => outcomes.push(trouble),
        ...options,
      })
      return outcomes
    },
  }
}

const DIRECT = 'sending_queue: {enabled: false}'
/** Gives up, to the dead letter, after a second. */
const GIVES_UP =
  'sending_queue: {enabled: false}, retry_on_failure: {initial_interval: 20ms, max_elapsed_time: 100ms}'

test('the rows that a constraint refuses go to the dead letter, all others are stored once', async t => {
  const { run, database, directory, stored, replay } = await start(t, DIRECT)
  await sql(`ALTER TABLE ${database}.otel_logs ADD CONSTRAINT good CHECK Body NOT LIKE 'bad%'`)
  const good = Array.from({ length: 300 }, (_, i) => `good ${String(i).padStart(3, '0')}`)
  const bodies = [
    ...good.slice(0, 100),
    'bad a',
    ...good.slice(100, 250),
    'bad b',
    ...good.slice(250),
  ]
  await run.send(sampleLogs(bodies))
  t.deepEqual(await stored(), good)
  const { letters } = await lettersIn(directory)
  t.deepEqual(
    letters.map(({ metadata }) => metadata.records),
    [1, 1],
  )
  for (const { metadata } of letters) {
    t.is(metadata.reason, 'rejected')
    t.regex(metadata.message, /code 469: .*good/)
  }
  t.like(run.pipelines.stats().exporters[0], { sent: 300, failed: 2, dead_lettered: 2 })

  // Still refused: nothing changes. Once the table is mended: stored, once, and never again.
  t.deepEqual(await replay(), ['failed', 'failed'])
  await sql(`ALTER TABLE ${database}.otel_logs DROP CONSTRAINT good`)
  t.deepEqual(await replay({ dryRun: true }), ['would replay', 'would replay'])
  t.deepEqual(await replay(), ['replayed', 'replayed'])
  t.deepEqual(await replay(), [])
  t.deepEqual(await stored(), ['bad a', 'bad b', ...good])
})

test('an insert whose answer was lost, then dead-lettered, then replayed, is stored once', async t => {
  const { run, directory, stored, replay, proxy } = await start(t, GIVES_UP)
  proxy.losesAnswer = () => true
  const batch = sampleLogs(['a', 'b', 'c'])
  await run.send(batch)
  // Rows that a filter has left: their token is made from the selection, too.
  await run.send(sampleLogs(['d', 'e', 'f']).filter(row => row.row !== 1))
  t.deepEqual(await stored(), ['a', 'b', 'c', 'd', 'f'])
  const { letters } = await lettersIn(directory)
  t.deepEqual(
    letters.map(({ metadata }) => [metadata.reason, metadata.records]),
    [
      ['retries_exhausted', 3],
      ['retries_exhausted', 2],
    ],
  )
  t.deepEqual(letters[0]?.logs, batch.bytes)
  proxy.losesAnswer = () => false
  t.deepEqual(await replay(), ['replayed', 'replayed'])
  t.deepEqual(await stored(), ['a', 'b', 'c', 'd', 'f'])
})

test('records without any time are stored once, too, when they are replayed', async t => {
  const { run, stored, replay, proxy } = await start(t, GIVES_UP)
  proxy.losesAnswer = () => true
  const context = { requestId: 'r', receivedAtUnixMs: Date.UTC(2020, 1, 1) }
  await run.send(buildLogs([{ records: [{ body: 'timeless' }] }], context))
  t.deepEqual(await stored(), ['timeless'])
  proxy.losesAnswer = () => false
  t.deepEqual(await replay(), ['replayed'])
  t.deepEqual(await stored(), ['timeless'])
})

test('a search for bad rows that is cut off leaves what is pending, and the replay doubles nothing', async t => {
  const { run, database, directory, stored, replay, proxy } = await start(t, GIVES_UP)
  await sql(`ALTER TABLE ${database}.otel_logs ADD CONSTRAINT good CHECK Body NOT LIKE 'bad%'`)
  // The whole is refused, the first half stored; from then on no answer comes back.
  proxy.losesAnswer = (_sql, count) => count >= 2
  const bodies = Array.from({ length: 16 }, (_, i) => (i === 12 ? 'bad' : `good ${i}`))
  await run.send(sampleLogs(bodies))
  const { letters } = await lettersIn(directory)
  const pending = letters.reduce((sum, { metadata }) => sum + metadata.records, 0)
  t.is(pending, 8)
  proxy.losesAnswer = () => false
  await sql(`ALTER TABLE ${database}.otel_logs DROP CONSTRAINT good`)
  t.true((await replay()).every(outcome => outcome === 'replayed'))
  t.deepEqual(await stored(), [...bodies].sort())
})

test('rows that are refused again at the replay become letters of their own', async t => {
  const { run, database, directory, stored, replay, proxy } = await start(t, GIVES_UP)
  proxy.losesAnswer = () => true
  await sql(`ALTER TABLE ${database}.otel_logs ADD CONSTRAINT good CHECK Body NOT LIKE 'bad%'`)
  await run.send(sampleLogs(['a', 'bad', 'c']))
  proxy.losesAnswer = () => false
  t.deepEqual(await replay(), ['replayed'])
  t.deepEqual(await stored(), ['a', 'c'])
  const open = (await lettersIn(directory)).letters.filter(({ replayed }) => !replayed)
  t.is(open.length, 1)
  t.regex(open[0]!.metadata.message, /code 469/)
  await sql(`ALTER TABLE ${database}.otel_logs DROP CONSTRAINT good`)
  t.deepEqual(await replay(), ['replayed'])
  t.deepEqual(await stored(), ['a', 'bad', 'c'])
})

test('a destination that is down fails the replay, and the letters stay for the next', async t => {
  const { run, stored, replay, proxy, config } = await start(t, GIVES_UP)
  proxy.losesAnswer = () => true
  await run.send(sampleLogs(['a']))
  await run.send(sampleLogs(['b']))
  const exporters = new Map(config.exporters)
  const clickhouse = exporters.get('clickhouse')!
  const down = { ...(clickhouse.config as object), endpoint: 'http://127.0.0.1:1' }
  exporters.set('clickhouse', { ...clickhouse, config: down })
  t.deepEqual(await replay({ config: { ...config, exporters } }), ['failed', 'failed'])
  proxy.losesAnswer = () => false
  t.deepEqual(await replay(), ['replayed', 'replayed'])
  t.deepEqual(await stored(), ['a', 'b'])
})

test('bodies come back from a letter as they were', async t => {
  const { run, directory, database } = await start(t, DIRECT)
  await sql(`ALTER TABLE ${database}.otel_logs ADD CONSTRAINT none CHECK 0`)
  const batch = sampleLogs(['only'])
  await run.send(batch)
  const { letters } = await lettersIn(directory)
  t.deepEqual(letters[0]?.logs, batch.bytes)
  t.deepEqual(bodiesOf(batch), ['only'])
})
