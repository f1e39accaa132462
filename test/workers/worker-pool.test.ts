import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, credentials } from '@grpc/grpc-js'
import test, { type ExecutionContext } from 'ava'
import { encodeLogs } from '../../src/otlp/encode-logs.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { until } from '../helpers/until.ts'
import { destination, startWorkers, type Workers } from '../helpers/workers.ts'

/** OTLP in, OTLP/HTTP out with a queue on disk. */
function config(
  { folder, url }: { readonly folder: string; readonly url: string },
  workers: number | string,
  exporterKeys = '',
): string {
  return `{
    receivers: { otlp: { protocols: {
      grpc: { endpoint: "127.0.0.1:0" }, http: { endpoint: "127.0.0.1:0" } } } },
    exporters: { otlp_http: { endpoint: "${url}", compression: none,
      retry_on_failure: { initial_interval: 50ms, max_interval: 200ms },
      sending_queue: { storage: file, directory: "${folder}/queue", batch: { flush_timeout: 10ms } ${exporterKeys} } } },
    extensions: { health_check: { endpoint: "127.0.0.1:0" } },
    service: { workers: ${workers}, extensions: [health_check],
      telemetry: { metrics: { endpoint: "127.0.0.1:0" } },
      pipelines: { logs: { receivers: [otlp], exporters: [otlp_http] } } } }`
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i))

async function sendAll({ post }: Workers, bodies: readonly string[]): Promise<string[]> {
  const taken: string[] = []
  for (const body of bodies) if ((await post(body)) === 200) taken.push(body)
  return taken
}

/** SIGTERM, and all of it ends as it should. */
async function finish(t: ExecutionContext, { child, exited }: Workers): Promise<void> {
  child.kill('SIGTERM')
  t.deepEqual(await exited, { code: 0, signal: null })
}

/** Of each worker, the records it took. */
async function shares({ stats }: Workers): Promise<(number | undefined)[]> {
  return (await stats()).workers.map(worker => worker.stats?.pipelines[0]?.in)
}

test.serial('workers share the ports, and are one to whoever asks', async t => {
  t.timeout(110_000)
  const folder = await tempFolder(t)
  const { url, open, bodies } = await destination(t)
  open()
  const file = join(folder, 'parsec.yaml')
  await writeFile(file, config({ folder, url }, 2))
  const parsec = await startWorkers(t, file)
  t.regex(parsec.stdout(), /workers +2 processes share the ports/)
  // Connections are given out in turn.
  t.deepEqual(await sendAll(parsec, numbers(0, 8)), numbers(0, 8))
  t.deepEqual(await shares(parsec), [4, 4])
  await until(() => bodies.length === 8)
  t.deepEqual(
    bodies.map(Number).toSorted((a, b) => a - b),
    numbers(0, 8).map(Number),
  )
  await until(async () => (await parsec.stats()).exporters[0]?.sent === 8)
  const stats = await parsec.stats()
  t.like(stats.pipelines[0], { in: 8, out: 8 })
  t.like(stats.exporters[0]?.ledger, { in: 8, sent: 8, queued: 0, difference: 0 })
  const metrics = await parsec.metrics()
  t.regex(metrics, /accepted_log_records_total\{receiver="otlp",transport="http"\} 8$/m)
  t.regex(metrics, /parsec_exporter_log_records\{exporter="otlp_http",account="sent"\} 8$/m)
  t.regex(metrics, /^parsec_worker_up\{worker="0"\} 1$/m)
  t.regex(metrics, /^parsec_worker_up\{worker="1"\} 1$/m)
  const health = (await (await fetch(`${parsec.admin}/health`)).json()) as {
    components: { id: string }[]
  }
  t.like(health, { status: 'ok', ready: true })
  t.deepEqual(health.components.map(({ id }) => id).toSorted(), [
    'health_check',
    'otlp',
    'otlp_http',
  ])
  const [, check = ''] = /health_check +(http:\S+)/.exec(parsec.stdout())!
  t.is((await fetch(check)).status, 200)

  const reload = async (text: string) => {
    await writeFile(file, text)
    const response = await fetch(`${parsec.admin}/reload`, { method: 'POST' })
    return { status: response.status, answer: (await response.json()) as object }
  }
  const changed = await reload(config({ folder, url }, 3, ', num_consumers: 3'))
  t.is(changed.status, 200)
  t.regex(JSON.stringify(changed.answer), /"changed":\["exporter otlp_http \(sending_queue\)"\]/)
  await parsec.says(/a change of service::workers needs a restart/)
  t.is((await reload('nonsense')).status, 400)

  // The second worker cannot make its folder where a file is: then no worker goes over.
  const other = join(folder, 'other')
  await mkdir(join(other, 'queue'), { recursive: true })
  await writeFile(join(other, 'queue', 'worker-1'), '')
  const refused = await reload(config({ folder: other, url }, 2))
  t.is(refused.status, 409)
  t.regex(JSON.stringify(refused.answer), /worker-1/)
  t.deepEqual(await sendAll(parsec, numbers(8, 10)), numbers(8, 10))
  t.deepEqual(await shares(parsec), [5, 5])
  await until(() => bodies.length === 10)
  t.notRegex(await parsec.metrics(), /worker_restarts_total\{/)

  await finish(t, parsec)
  t.deepEqual(new Set(bodies).size, bodies.length)
})

test.serial(
  'a gRPC client that keeps its connection is led to the other worker when that is old',
  async t => {
    t.timeout(110_000)
    const folder = await tempFolder(t)
    const { url } = await destination(t)
    const aged = config({ folder, url }, 2).replace(
      'grpc: {',
      'grpc: { keepalive: { server_parameters: { max_connection_age: 300ms } },',
    )
    const parsec = await startWorkers(t, `yaml:${aged}`)
    const client = new Client(new URL(parsec.grpcUrl).host, credentials.createInsecure())
    t.teardown(() => client.close())
    const call = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'
        const request = Buffer.from(encodeLogs(sampleLogs(['a'])))
        const done = (error: Error | null): void => (error === null ? resolve() : reject(error))
        client.makeUnaryRequest(
          path,
          b => b,
          b => b,
          request,
          done,
        )
      })
    let calls = 0
    await until(async () => {
      await call()
      calls++
      return (await shares(parsec)).every(share => share !== undefined && share > 0)
    })
    t.is((await parsec.stats()).pipelines[0]?.in, calls)
  },
)

const CRASH = `import cluster from 'node:cluster'
if (cluster.isWorker) {
  process.on('SIGUSR2', () => {
    setTimeout(() => { throw new RangeError('Array buffer allocation failed') })
  })
}`

test.serial(
  'a worker that is gone is replaced, and nothing it has acknowledged is lost',
  async t => {
    t.timeout(110_000)
    const folder = await tempFolder(t)
    const { url, open, bodies } = await destination(t)
    const crash = join(folder, 'crash.mjs')
    await writeFile(crash, CRASH)
    const parsec = await startWorkers(t, `yaml:${config({ folder, url }, 2)}`, ['--import', crash])
    const isBack = (worker: number): Promise<void> =>
      until(async () => {
        const { status, restarts } = (await parsec.stats()).workers[worker]!
        return status === 'up' && restarts === 1
      })
    const taken = await sendAll(parsec, numbers(0, 10))
    t.is(taken.length, 10)

    // An error that nobody caught ends it in order: it is told with its stack, and all is counted.
    process.kill((await parsec.stats()).workers[0]!.pid, 'SIGUSR2')
    await parsec.says(/worker 0: an error that nobody caught: RangeError: Array buffer.*\n +at /)
    await isBack(0)
    const metrics = await parsec.metrics()
    t.regex(metrics, /parsec_worker_restarts_total\{worker="0",reason="fault"\} 1$/m)
    t.regex(metrics, /accepted_log_records_total\{receiver="otlp",transport="http"\} 10$/m)
    t.regex(metrics, /parsec_component_exceptions_total\{component="process"\} 1$/m)

    // The other one serves meanwhile; a connection that was on its way to the dead one breaks.
    process.kill((await parsec.stats()).workers[1]!.pid, 'SIGKILL')
    taken.push(...(await sendAll(parsec, numbers(10, 30))))
    t.true(taken.length > 20)
    await isBack(1)
    t.regex(await parsec.metrics(), /worker_restarts_total\{worker="1",reason="SIGKILL"\} 1$/m)
    t.regex(parsec.stderr(), /worker 1: was killed by SIGKILL; another one is started in \d+ ms/)
    taken.push(...(await sendAll(parsec, numbers(30, 40))))

    open()
    await until(() => taken.every(body => bodies.includes(body)))
    t.is(new Set(bodies).size, bodies.length)
    await until(async () => (await parsec.stats()).exporters[0]?.queue.items === 0)
    t.like((await parsec.stats()).exporters[0]?.ledger, { queued: 0, difference: 0 })
    await finish(t, parsec)
  },
)

test.serial(
  'without its primary a worker finishes and ends, and the next start waits for it',
  async t => {
    t.timeout(110_000)
    const folder = await tempFolder(t)
    const { url, open, bodies } = await destination(t)
    const parsec = await startWorkers(t, `yaml:${config({ folder, url }, 2)}`)
    await sendAll(parsec, numbers(0, 2))
    parsec.child.kill('SIGKILL')
    const next = await startWorkers(t, `yaml:${config({ folder, url }, 2)}`)
    // Resolves when nobody has its outputs open any more.
    t.deepEqual(await parsec.exited, { code: null, signal: 'SIGKILL' })
    t.is(parsec.stderr().match(/worker \d (?:\[.*\] )?the primary process is gone/g)?.length, 2)
    open()
    await until(() => bodies.length === 2)
    await finish(t, next)
    t.deepEqual(bodies.toSorted(), ['0', '1'])
  },
)

test.serial(
  'with fewer workers the queues of those that are gone are sent by the first',
  async t => {
    t.timeout(110_000)
    const folder = await tempFolder(t)
    const { url, open, bodies } = await destination(t)
    const before = await startWorkers(t, `yaml:${config({ folder, url }, 2)}`)
    const taken = await sendAll(before, numbers(0, 10))
    t.is(taken.length, 10)
    await finish(t, before)
    t.true((await readdir(join(folder, 'queue'))).includes('worker-1'))

    open()
    const after = await startWorkers(t, `yaml:${config({ folder, url }, 1)}`)
    await after.says(/sends what worker 1 has left/)
    await until(() => bodies.length >= 10)
    t.deepEqual(
      bodies.map(Number).toSorted((a, b) => a - b),
      taken.map(Number),
    )
    await until(() => !existsSync(join(folder, 'queue', 'worker-1')))
    const ledger = (await after.stats()).exporters[0]?.ledger
    t.like(ledger, { in: 0, recovered: 10, sent: 10, queued: 0, difference: 0 })
  },
)
