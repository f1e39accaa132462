import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import { clickHouseExporter } from '../plugins/exporters/clickhouse/index.ts'
import { queryStore } from '../plugins/exporters/clickhouse/query-store.ts'
import { resourceProcessor } from '../plugins/processors/resource/index.ts'
import { sha256 } from '../src/auth/credentials.ts'
import { buildLogs, buildLogsRequest } from '../src/otlp/build-logs.ts'
import { decodeRpcStatus } from '../src/otlp/rpc-status.ts'
import { runPipeline } from '../src/testing/index.ts'
import { ingest } from './helpers/ingest.ts'
import { startParsec } from './helpers/parsec-process.ts'
import { tempFolder } from './helpers/temp-folder.ts'

/* docs/tenants.md as a test: a running `parsec`, two tenants with a key each, both protocols. */

const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
/** Records of one request of the greedy tenant, and how many of them its limit lets through. */
const LOT = 10
const LIMIT = 100

const hash = (key: string): string => sha256(key).toString('hex')
const identity = (bytes: Buffer): Buffer => bytes

/** What the burst lets through is all that a tenant gets: a further request's worth takes 1000 s. */
const configText = (folder: string): string => `
receivers:
  ingest: { endpoint: "127.0.0.1:0", auth: { authenticator: api_key } }
  otlp: { protocols: { grpc: { endpoint: "127.0.0.1:0", auth: { authenticator: api_key } } } }
extensions:
  api_key:
    keys:
      - { id: a, tenant: greedy, sha256: ${hash('key of greedy')} }
      - { id: b, tenant: neighbour, sha256: ${hash('key of neighbour')} }
processors:
  rate_limit: { keys: [auth.tenant], records_per_second: 0.01, burst: 10000s }
  resource:
    attributes:
      - { key: tenant.id, action: delete }
      - { key: tenant.id, action: upsert, from_context: auth.tenant }
exporters:
  clickhouse:
    endpoint: "chdb://${folder}/store"
    tenant_attribute: tenant.id
    sending_queue: { storage: file, directory: "${folder}/queue", batch: { flush_timeout: 200ms } }
service:
  extensions: [api_key]
  telemetry: { metrics: { endpoint: "127.0.0.1:0" } }
  pipelines:
    logs: { receivers: [ingest, otlp], processors: [rate_limit, resource], exporters: [clickhouse] }
`

interface Answer {
  readonly isAccepted: boolean
  /** Of a refusal: what it is, and how long to wait; 0 = not said. */
  readonly refusal: number
  readonly retryAfterMs: number
}

const ACCEPTED: Answer = { isAccepted: true, refusal: 0, retryAfterMs: 0 }

async function running(t: ExecutionContext, folder: string) {
  const path = join(folder, 'config.yaml')
  await writeFile(path, configText(folder))
  const parsec = startParsec(t, ['run', '--config', path])
  const [, grpcHost = ''] = await parsec.says(/grpc:\/\/(\S+)/)
  const [, origin = ''] = await parsec.says(/(http:\S+)\/ingest/)
  const [, admin = ''] = await parsec.says(/status +(http:\S+)\/health/)
  const client = new Client(grpcHost, credentials.createInsecure(), { 'grpc.enable_retries': 0 })
  t.teardown(() => client.close())

  const overHttp = async (tenant: string, count: number): Promise<Answer> => {
    const body = JSON.stringify(Array.from({ length: count }, () => ({ message: 'hi' })))
    const headers = { 'x-api-key': `key of ${tenant}` }
    const answer = await ingest(origin, { headers, body })
    if (answer.status === 200) return ACCEPTED
    const retryAfterMs = Number(answer.headers.get('retry-after')) * 1000
    return { isAccepted: false, refusal: answer.status, retryAfterMs }
  }
  const overGrpc = (tenant: string, count: number): Promise<Answer> => {
    const records = Array.from({ length: count }, () => ({ body: 'hi' }))
    // A sender's own word is worth nothing.
    const body = buildLogsRequest([{ resource: { 'tenant.id': 'somebody' }, records }])
    const metadata = new Metadata()
    metadata.set('x-api-key', `key of ${tenant}`)
    return new Promise(resolve => {
      const done = (error: ServiceError | null): void => resolve(grpcAnswer(error))
      client.makeUnaryRequest(EXPORT, identity, identity, body, metadata, done)
    })
  }
  return { parsec, admin, overHttp, overGrpc }
}

function grpcAnswer(error: ServiceError | null): Answer {
  if (error === null) return ACCEPTED
  const [details] = error.metadata.get('grpc-status-details-bin')
  const retryAfterMs = details === undefined ? 0 : decodeRpcStatus(details as Buffer).retryAfterMs
  return { isAccepted: false, refusal: error.code, retryAfterMs: retryAfterMs ?? 0 }
}

function checkRefusals(t: ExecutionContext, answers: readonly Answer[], expected: number): void {
  const refused = answers.filter(({ isAccepted }) => !isAccepted)
  t.true(refused.length >= answers.length - LIMIT / LOT)
  for (const { refusal, retryAfterMs } of refused) {
    t.is(refusal, expected)
    t.true(retryAfterMs >= 1000)
  }
}

test('a tenant over its limit is told to wait, and its neighbour does not notice', async t => {
  const folder = await tempFolder(t)
  const { parsec, admin, overHttp, overGrpc } = await running(t, folder)
  const many = (count: number, send: () => Promise<Answer>): Promise<Answer[]> =>
    Promise.all(Array.from({ length: count }, send))
  const [http, grpc, ...neighbour] = await Promise.all([
    many(40, () => overHttp('greedy', LOT)),
    many(40, () => overGrpc('greedy', LOT)),
    many(40, () => overHttp('neighbour', 1)),
    many(40, () => overGrpc('neighbour', 1)),
  ])

  t.true(neighbour.flat().every(({ isAccepted }) => isAccepted))
  t.is([...http, ...grpc].filter(({ isAccepted }) => isAccepted).length * LOT, LIMIT)
  checkRefusals(t, http, 429)
  checkRefusals(t, grpc, 8)

  const metrics = await (await fetch(`${admin}/metrics`)).text()
  const counted = [
    ...metrics.matchAll(
      /^parsec_rate_limit_log_records_total\{.*key="(\w+)",outcome="(\w+)".*\} (\d+)$/gm,
    ),
  ]
  t.deepEqual(counted.map(([, tenant, outcome, count]) => `${tenant} ${outcome} ${count}`).sort(), [
    `greedy accepted ${LIMIT}`,
    `greedy refused ${80 * LOT - LIMIT}`,
    'neighbour accepted 80',
  ])

  parsec.child.kill('SIGTERM')
  t.is((await parsec.exited).code, 0)
  const store = clickHouseExporter.config.parse({ endpoint: `chdb://${folder}/store` })
  const sql = 'SELECT Tenant, count() FROM otel_logs GROUP BY Tenant ORDER BY Tenant'
  const query = { sql, format: 'CSV', timeoutMs: 60_000, resultBytesMax: 1e6 }
  const rows = await queryStore(store, query, AbortSignal.timeout(60_000))
  t.is(Buffer.from(rows).toString(), `"greedy",${LIMIT}\n"neighbour",80\n`)
})

test('the tenant of a sender replaces what it wrote itself, and one without a tenant has none', async t => {
  const yaml = `
processors:
  resource:
    attributes:
      - { key: tenant.id, action: delete }
      - { key: tenant.id, action: upsert, from_context: auth.tenant }
`
  const run = await runPipeline(t, yaml, [resourceProcessor])
  const scopes = new Set<string>()
  for (const who of [
    { subject: 'a', tenant: 'shop', scopes },
    { subject: 'b', scopes },
  ]) {
    const parts = [{ resource: { 'tenant.id': 'other', 'service.name': 'x' }, records: [{}] }]
    await run.send(buildLogs(parts, { requestId: 'test', identity: who }))
  }
  const seen = run
    .sink()
    .batches.map(batch => batch.cursor().seek(0).resourceAttribute('tenant.id'))
  t.deepEqual(seen, ['shop', undefined])
})
