import test from 'ava'
import { clickHouseExporter } from '../../../../../plugins/exporters/clickhouse/index.ts'
import { queryStore } from '../../../../../plugins/exporters/clickhouse/query-store.ts'
import { buildLogs } from '../../../../../src/otlp/build-logs.ts'
import type { Exporter } from '../../../../../src/plugin/component.ts'
import {
  createTestContext,
  startChdbFront,
  type TestContext,
} from '../../../../../src/testing/index.ts'
import { EVERY_FIELD, EVERY_FIELD_ROW } from '../../../../helpers/every-field.ts'

/* Against the real engine, behind its HTTP interface; one store a process, so one after another. */

const front = await startChdbFront()
test.after.always(() => front.close())
test.afterEach.always(() => {
  front.before = undefined
})

const context = { requestId: 'test' }
const signal = new AbortController().signal

interface Subject {
  readonly exporter: Exporter
  readonly context: TestContext
  readonly rows: (sql: string) => Promise<unknown[]>
}

async function exporterFor(keys: object): Promise<Subject> {
  const config = clickHouseExporter.config.parse({ endpoint: front.url, ...keys })
  const testContext = createTestContext('exporter', 'clickhouse')
  const exporter = clickHouseExporter.create(config, testContext)
  await exporter.start?.()
  const rows = async (sql: string): Promise<unknown[]> => {
    const query = { sql, format: 'JSONEachRow', timeoutMs: 10_000, resultBytesMax: 1_000_000 }
    const text = Buffer.from(await queryStore(config, query, signal)).toString()
    return text
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as unknown)
  }
  return { exporter, context: testContext, rows }
}

test.serial('every field of a record is read back as it was sent', async t => {
  const { exporter, rows } = await exporterFor({ database: 'logs', logs_table_name: 'a' })
  await exporter.consume(buildLogs(EVERY_FIELD, context), signal)
  const [first] = await rows('SELECT * FROM a ORDER BY Body DESC')
  t.deepEqual(first, EVERY_FIELD_ROW)
  await exporter.stop?.(signal)
})

test.serial('a batch sent twice is stored once, and its token is no setting', async t => {
  const { exporter, rows } = await exporterFor({ logs_table_name: 'b' })
  const batch = buildLogs([{ records: [{ timeUnixNano: 1n }] }], context)
  for (const origin of ['q/1', 'q/1', 'q/2']) await exporter.consume(batch.with({ origin }), signal)
  t.deepEqual(await rows('SELECT count() AS n FROM b'), [{ n: 2 }])
  const insert = front.statements.find(sql => sql.startsWith('INSERT INTO `default`.`b`')) ?? ''
  t.regex(insert, /async_insert=0.*insert_deduplication_token='clickhouse\/q\/1' FORMAT Native$/)
  await exporter.stop?.(signal)
})

test.serial('the schema is made once and found by the next start', async t => {
  const keys = { logs_table_name: 'c', index_profile: 'full_text', ttl: '720h' }
  await (await exporterFor(keys)).exporter.stop?.(signal)
  const before = front.statements.length
  const { exporter, context: second } = await exporterFor(keys)
  t.is(second.statuses[0]?.status, 'ok')
  const repeated = front.statements.slice(before)
  t.false(
    repeated.some(sql => /ALTER|`c`\s*\(/.test(sql)),
    repeated.join('\n'),
  )
  await exporter.stop?.(signal)
})

test.serial('a changed ttl reaches the table that is there', async t => {
  await (await exporterFor({ logs_table_name: 'd', ttl: '720h' })).exporter.stop?.(signal)
  const { exporter, rows } = await exporterFor({ logs_table_name: 'd', ttl: '24h' })
  const [row] = await rows("SELECT engine_full AS e FROM system.tables WHERE name = 'd'")
  t.regex((row as { e: string }).e, /TTL .*toIntervalSecond\(86400\)/)
  await exporter.stop?.(signal)
})

test.serial(
  'a schema changed behind our back is a permanent fault, and no data is lost',
  async t => {
    const { exporter, rows } = await exporterFor({ logs_table_name: 'e' })
    await exporter.stop?.(signal)
    await rows('SELECT 1')
    front.before = sql =>
      sql.includes('FROM `default`.`parsec_migrations`')
        ? { status: 200, text: '{"version":1,"name":"create_logs_table","checksum":"0000"}\n' }
        : undefined
    const second = await exporterFor({ logs_table_name: 'e' })
    t.like(second.context.statuses[0], { status: 'permanent_error' })
    t.regex(second.context.statuses[0]?.detail ?? '', /checksum 0000/)
    const error = await t.throwsAsync(
      second.exporter.consume(buildLogs(EVERY_FIELD, context), signal),
    )
    t.like(error, { retryable: true })
    await second.exporter.stop?.(signal)
  },
)

test.serial('a server that is down at the start is found when it is up', async t => {
  front.before = () => ({ status: 503, text: 'not yet' })
  const subject = await exporterFor({ logs_table_name: 'f' })
  t.is(subject.context.statuses[0]?.status, 'recoverable_error')
  const batch = buildLogs([{ records: [{ body: 'patient' }] }], context)
  const error = await t.throwsAsync(subject.exporter.consume(batch, signal))
  t.like(error, { retryable: true, reason: 'not_ready' })
  front.before = undefined
  while (subject.context.statuses.at(-1)?.status !== 'ok') {
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  await subject.exporter.consume(batch, signal)
  t.deepEqual(await subject.rows('SELECT Body FROM f'), [{ Body: 'patient' }])
  await subject.exporter.stop?.(signal)
})

const answers = test.macro<
  [status: number, code: number | undefined, text: string, expected: object, message: RegExp]
>(async (t, status, code, text, expected, message) => {
  const { exporter } = await exporterFor({ logs_table_name: 'g', password: '' })
  front.before = () => ({ status, text, ...(code === undefined ? {} : { code }) })
  const batch = buildLogs([{ records: [{}] }], context)
  const error = await t.throwsAsync(exporter.consume(batch, signal), { message })
  t.like(error, expected)
  front.before = undefined
  await exporter.stop?.(signal)
})

test.serial(
  'a busy server',
  answers,
  500,
  252,
  'Code: 252. DB::Exception: Too many parts (3001). (TOO_MANY_PARTS)',
  { retryable: true, code: 'resource_exhausted' },
  /table default\.g: code 252/,
)
test.serial(
  'a batch the server cannot take',
  answers,
  400,
  117,
  'Code: 117. DB::Exception: Bad data. (INCORRECT_DATA)',
  { retryable: false },
  /code 117/,
)
test.serial(
  'a proxy without a server',
  answers,
  502,
  undefined,
  'Bad Gateway',
  { retryable: true },
  /Bad Gateway/,
)

test.serial('an insert that hangs ends with its signal', async t => {
  const { exporter } = await exporterFor({ logs_table_name: 'h' })
  let release: () => void = () => {}
  front.before = async () => {
    await new Promise<void>(resolve => (release = resolve))
    return { status: 500, text: 'late' }
  }
  const controller = new AbortController()
  const sent = exporter.consume(buildLogs([{ records: [{}] }], context), controller.signal)
  setTimeout(() => controller.abort(), 50)
  const error = await t.throwsAsync(sent)
  t.like(error, { retryable: true })
  release()
  front.before = undefined
  await exporter.stop?.(signal)
})

test.serial('queries cannot write and are bounded', async t => {
  const { exporter, rows } = await exporterFor({ logs_table_name: 'i' })
  await t.throwsAsync(rows('DROP TABLE i'), { message: /code 164/ })
  await t.throwsAsync(rows('SELECT number FROM numbers(10000000)'), { message: /code 396|is over/ })
  await exporter.stop?.(signal)
})
