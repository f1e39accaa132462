import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { startParsec } from '../helpers/parsec-process.ts'
import { until } from '../helpers/until.ts'

/** A destination that answers only when it is told to. */
async function slowDestination(t: ExecutionContext) {
  let release = (): void => undefined
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const state = { requests: 0 }
  const server = createServer((request, response) => {
    state.requests++
    request.resume()
    void released.then(() => response.end())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const arrived = async (): Promise<void> => {
    await until(() => state.requests !== 0)
  }
  return { url: `http://127.0.0.1:${port}`, release, arrived }
}

function config(receivers: string, exporters: string, service: string): string[] {
  const text = `{ receivers: { ${receivers} }, exporters: { ${exporters} }, service: {
    telemetry: { metrics: { endpoint: "127.0.0.1:0" } }, ${service} } }`
  return ['run', '--config', `yaml:${text}`]
}

function otlp(id: string, endpoint = '127.0.0.1:0'): string {
  return `${id}: { protocols: { http: { endpoint: "${endpoint}" } } }`
}

const ONE_PIPELINE = 'pipelines: { logs: { receivers: [otlp], exporters: [nop] } }'
const BODY = JSON.stringify({
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'a' } }] }] }],
})

async function post(url: string): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: BODY })
  await response.arrayBuffer()
  return response.status
}

function forwarding(url: string): string[] {
  return config(
    otlp('otlp'),
    `otlp_http: { endpoint: "${url}", sending_queue: { wait_for_result: true } }`,
    'pipelines: { logs: { receivers: [otlp], exporters: [otlp_http] } }',
  )
}

test('SIGTERM lets a request under way finish, then exits with 0', async t => {
  const destination = await slowDestination(t)
  const parsec = startParsec(t, forwarding(destination.url))
  const [logsUrl] = await parsec.says(/http:\S+\/v1\/logs/)
  const answer = post(logsUrl)
  await destination.arrived()
  parsec.child.kill('SIGTERM')
  await parsec.says(/SIGTERM: finishing what was accepted, for at most 30s/)
  destination.release()
  t.is(await answer, 200)
  t.deepEqual(await parsec.exited, { code: 0, signal: null })
})

test('a drain that does not end in time exits with 1, and the sender was not told OK', async t => {
  const destination = await slowDestination(t)
  const args = [...forwarding(destination.url), '--shutdown-timeout', '300ms']
  const parsec = startParsec(t, args)
  const [logsUrl] = await parsec.says(/http:\S+\/v1\/logs/)
  const answer = post(logsUrl).catch(() => 'connection lost' as const)
  await destination.arrived()
  parsec.child.kill('SIGTERM')
  t.deepEqual(await parsec.exited, { code: 1, signal: null })
  t.not(await answer, 200)
})

test('a second SIGTERM exits with 1 at once', async t => {
  const destination = await slowDestination(t)
  const parsec = startParsec(t, forwarding(destination.url))
  const [logsUrl] = await parsec.says(/http:\S+\/v1\/logs/)
  const answer = post(logsUrl).catch(() => undefined)
  await destination.arrived()
  parsec.child.kill('SIGTERM')
  await parsec.says(/SIGTERM: finishing/)
  parsec.child.kill('SIGTERM')
  t.deepEqual(await parsec.exited, { code: 1, signal: null })
  await answer
})

test('a role runs its pipelines and no others', async t => {
  const parsec = startParsec(t, [
    ...config(
      `${otlp('otlp/a')}, ${otlp('otlp/b')}`,
      'nop: {}',
      `roles: { edge: [logs/b] }, pipelines: {
        logs/a: { receivers: [otlp/a], exporters: [nop] },
        logs/b: { receivers: [otlp/b], exporters: [nop] } }`,
    ),
    '--role',
    'edge',
  ])
  const [, admin] = await parsec.says(/(http:\S+)\/health /)
  t.regex(parsec.stdout(), /receiver otlp\/b/)
  t.notRegex(parsec.stdout(), /otlp\/a/)
  const health = (await (await fetch(`${admin}/health`)).json()) as { components: { id: string }[] }
  t.deepEqual(
    health.components.map(({ id }) => id),
    ['nop', 'otlp/b'],
  )
})

const fails = test.macro(async (t, args: string[], code: number, says: RegExp) => {
  const parsec = startParsec(t, args)
  t.deepEqual(await parsec.exited, { code, signal: null })
  t.regex(parsec.stderr(), says)
  t.is(parsec.stdout(), '')
})
test(
  'a role that is not there is a mistake in the config, with the nearest name',
  fails,
  [
    ...config(otlp('otlp'), 'nop: {}', `roles: { edge: [logs] }, ${ONE_PIPELINE}`),
    '--role',
    'egde',
  ],
  78,
  /unknown role "egde"; did you mean "edge"\?/,
)
test(
  'a timeout that is none is a mistake in the command line',
  fails,
  [...config(otlp('otlp'), 'nop: {}', ONE_PIPELINE), '--shutdown-timeout', 'soon'],
  2,
  /'soon' is invalid. Write it as 500ms, 30s or 2m/,
)
test(
  'a config with mistakes does not start',
  fails,
  ['run', '--config', 'yaml:{ receivers: { otlp: } }'],
  78,
  /there is no pipeline/,
)

test('a port in use is a failure that names the endpoint and the key', async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const taken = config(otlp('otlp', endpoint), 'nop: {}', ONE_PIPELINE)
  const parsec = startParsec(t, taken)
  t.deepEqual(await parsec.exited, { code: 1, signal: null })
  t.regex(parsec.stderr(), new RegExp(`${endpoint}.*in use.*endpoint`))
})

test('so is the port of the status server', async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const args = config(otlp('otlp'), 'nop: {}', ONE_PIPELINE)
  const set = `service::telemetry::metrics::endpoint="${endpoint}"`
  const parsec = startParsec(t, [...args, '--set', set])
  t.deepEqual(await parsec.exited, { code: 1, signal: null })
  t.regex(parsec.stderr(), /is already in use.* set service::telemetry::metrics::endpoint/)
})

test('--watch without a file to watch is a mistake in the command line', async t => {
  const parsec = startParsec(t, [...config(otlp('otlp'), 'nop: {}', ONE_PIPELINE), '--watch'])
  t.deepEqual(await parsec.exited, { code: 2, signal: null })
  t.regex(parsec.stderr(), /--watch needs a config that is read from a file/)
})
