import { readFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { decodeLogs } from '../src/otlp/decode-logs.ts'
import { bodiesOf } from '../src/testing/index.ts'
import { startLoad } from './helpers/numbered-load.ts'
import { type ParsecProcess, startParsec } from './helpers/parsec-process.ts'
import { tempFolder } from './helpers/temp-folder.ts'

/*
 * A running `parsec` whose config is changed under load: no connection is refused, no request
 * fails, and every acknowledged record is at its destination once.
 */

interface Parts {
  readonly processors?: Record<string, object>
  readonly exporters: Record<string, object>
  readonly more?: string
}

/** The receiver stays the same, and so does its socket. */
function configText({ processors = {}, exporters, more = '' }: Parts): string {
  const logs = {
    receivers: ['otlp'],
    processors: Object.keys(processors),
    exporters: Object.keys(exporters),
  }
  const freePort = { endpoint: '127.0.0.1:0' }
  const config = {
    receivers: { otlp: { protocols: { http: freePort, grpc: freePort } } },
    processors,
    exporters,
    service: { telemetry: { metrics: freePort }, pipelines: { logs } },
  }
  return JSON.stringify(config, null, 2) + more
}

async function start(
  t: ExecutionContext,
  folder: string,
  first: Parts,
  options: readonly string[] = [],
) {
  const path = join(folder, 'config.yaml')
  await writeFile(path, configText(first))
  const parsec = startParsec(t, ['run', '--config', path, ...options])
  const [logsUrl] = await parsec.says(/http:\S+\/v1\/logs/)
  const [, grpc] = await parsec.says(/grpc:\/\/(\S+)/)
  const [, adminUrl] = await parsec.says(/status +(http:\S+)\/health/)
  return { parsec, path, logsUrl, grpc: grpc!, adminUrl: adminUrl! }
}

async function bodiesIn(...files: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(files.map(file => readFile(file, 'utf8').catch(() => '')))
  return texts.flatMap(text =>
    [...text.matchAll(/"stringValue":"([a-z-]+-\d+-[ab])"/g)].map(m => m[1]!),
  )
}

/** Rewrites the config, sends SIGHUP and waits for the line about it. */
async function change(
  { parsec, path }: { parsec: ParsecProcess; path: string },
  text: string,
  expected: RegExp,
): Promise<void> {
  const before = parsec.stderr().length
  await writeFile(path, text)
  parsec.child.kill('SIGHUP')
  for (let waits = 0; !expected.test(parsec.stderr().slice(before)); waits++) {
    const hasEnded = parsec.child.exitCode !== null
    if (hasEnded || waits > 3000) throw new Error(`no ${expected}: ${parsec.stderr()}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** A destination for OTLP/HTTP that keeps the bodies of the records. */
async function otlpSink(t: ExecutionContext) {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(...bodiesOf(decodeLogs(Buffer.concat(chunks), { requestId: '' }).batch))
      response.setHeader('content-type', 'application/x-protobuf')
      response.end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function stamp(value: string): Record<string, object> {
  return { attributes: { actions: [{ key: 'version', value, action: 'upsert' }] } }
}

test('a reload under load refuses no connection and loses no record', async t => {
  const folder = await tempFolder(t)
  const sink = await otlpSink(t)
  const fileAt = (name: string, keys = {}): object => ({ path: join(folder, name), ...keys })
  const sinkWith = (keys = {}): object => ({ endpoint: sink.url, compression: 'none', ...keys })
  const file = fileAt('main.json')
  const otlp = sinkWith()
  const extra = fileAt('extra.json')
  const run = await start(t, folder, { exporters: { file, otlp_http: otlp } })
  const load = startLoad(run.logsUrl, run.grpc)
  const exporters = { file, otlp_http: otlp }
  const steps: [Parts, RegExp][] = [
    [{ processors: stamp('1'), exporters }, /added processor attributes of logs/],
    [
      { processors: { ...stamp('2'), batch: { timeout: '20ms' } }, exporters },
      /added processor batch of logs; changed processor attributes of logs \(actions\)/,
    ],
    [
      { exporters: { ...exporters, file: fileAt('main.json', { flush_interval: '0s' }) } },
      /changed exporter file \(flush_interval\)/,
    ],
    [{ exporters: { ...exporters, 'file/extra': extra } }, /added exporter file\/extra/],
    [{ exporters: { file }, more: '}' }, /config.yaml:\d+:\d+: error: YAML/],
    [
      { exporters: { file: fileAt('other.json'), 'file/extra': extra, otlp_http: otlp } },
      /changed exporter file \(path\), pipeline logs/,
    ],
    [
      { exporters: { file, otlp_http: sinkWith({ timeout: '7s', headers: { a: 'b' } }) } },
      /changed .*exporter otlp_http \(.*headers.*removed exporter file\/extra/,
    ],
    [
      { exporters: { file, otlp_http: sinkWith({ sending_queue: { queue_size: '1MiB' } }) } },
      /changed exporter otlp_http/,
    ],
    [
      { exporters: { file, otlp_http: sinkWith({ sending_queue: { batch: {} } }) } },
      /changed exporter otlp_http \(sending_queue\)/,
    ],
  ]
  for (const [parts, expected] of steps) {
    await load.more(20)
    await change(run, configText(parts), expected)
  }
  await load.more(20)
  await load.stop()
  run.parsec.child.kill('SIGTERM')
  t.deepEqual(await run.parsec.exited, { code: 0, signal: null })
  t.deepEqual(load.failures, [])
  const acknowledged = [...load.acknowledged].toSorted()
  const written = await bodiesIn(join(folder, 'main.json'), join(folder, 'other.json'))
  t.deepEqual(written.toSorted(), acknowledged)
  t.deepEqual(sink.bodies.toSorted(), acknowledged)
  const copied = await bodiesIn(join(folder, 'extra.json'))
  t.true(copied.length > 0)
  t.is(new Set(copied).size, copied.length)
})

test('a config that cannot be run leaves the old one running, and says why', async t => {
  const folder = await tempFolder(t)
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const endpoint = `127.0.0.1:${(taken.address() as AddressInfo).port}`
  const exporters = { file: { path: join(folder, 'main.json') } }
  const run = await start(t, folder, { exporters })
  const load = startLoad(run.logsUrl, run.grpc)
  await load.more(3)
  const to = JSON.parse(configText({ exporters: { file: { path: join(folder, 'b.json') } } }))
  to.receivers['otlp/2'] = { protocols: { http: { endpoint } } }
  to.service.pipelines.logs.receivers.push('otlp/2')
  await change(
    run,
    JSON.stringify(to),
    new RegExp(`old one goes on: receiver otlp/2 did not start: ${endpoint} is already in use`),
  )
  await load.more(3)
  await load.stop()
  t.deepEqual(load.failures, [])
  const health = await fetch(`${run.adminUrl}/health`)
  t.like(await health.json(), { status: 'ok', ready: true })
  run.parsec.child.kill('SIGTERM')
  await run.parsec.exited
  const written = await bodiesIn(join(folder, 'main.json'), join(folder, 'b.json'))
  t.deepEqual(written.toSorted(), [...load.acknowledged].toSorted())
})

test('POST /reload tells what has changed, or what is wrong', async t => {
  const folder = await tempFolder(t)
  const exporters = { file: { path: join(folder, 'main.json') } }
  const { path, adminUrl } = await start(t, folder, { exporters })
  await writeFile(path, configText({ exporters: { ...exporters, nop: {} } }))
  const post = (): Promise<Response> => fetch(`${adminUrl}/reload`, { method: 'POST' })
  const good = await post()
  t.is(good.status, 200)
  t.like(await good.json(), { result: 'success', changes: { added: ['exporter nop'] } })
  await writeFile(path, configText({ exporters: { debgu: {} } }))
  const bad = await post()
  t.is(bad.status, 400)
  const { problems } = (await bad.json()) as { problems: { message: string; line: number }[] }
  t.regex(problems[0]!.message, /unknown exporter type "debgu"/)
  t.true(problems[0]!.line > 1)
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text()
  t.regex(metrics, /^parsec_config_last_reload_successful 0$/m)
})

test('with --watch a config that is renamed into place is gone over to', async t => {
  const folder = await tempFolder(t)
  const exporters = { file: { path: join(folder, 'main.json') } }
  const { path, parsec } = await start(t, folder, { exporters }, ['--watch'])
  await writeFile(`${path}.new`, configText({ exporters: { ...exporters, nop: {} } }))
  await rename(`${path}.new`, path)
  await parsec.says(/a config file has changed: reading the config again/)
  await parsec.says(/config reloaded: added exporter nop/)
  t.pass()
})

test('a receiver that changes opens its address again; what it acknowledged is stored', async t => {
  const folder = await tempFolder(t)
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  const text = (keys: object): string => {
    const config = JSON.parse(configText({ exporters: { file: { path: join(folder, 'a.json') } } }))
    config.receivers.otlp.protocols.http = { endpoint: `127.0.0.1:${port}`, ...keys }
    return JSON.stringify(config)
  }
  const run = await start(t, folder, { exporters: { nop: {} } })
  await change(run, text({}), /receiver otlp changed: its listener is reopened[^]*config reloaded/)
  const [, grpc] = await run.parsec.says(/receiver otlp listens at grpc:\/\/(\S+)/)
  const load = startLoad(`http://127.0.0.1:${port}/v1/logs`, grpc!)
  await load.more(5)
  await change(
    run,
    text({ max_request_body_size: 1000000 }),
    /config reloaded: changed receiver otlp/,
  )
  const before = load.acknowledged.size
  while ([...load.acknowledged].filter(body => body.startsWith('http-')).length <= before) {
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  await load.stop()
  run.parsec.child.kill('SIGTERM')
  t.deepEqual(await run.parsec.exited, { code: 0, signal: null })
  const stored = new Set(await bodiesIn(join(folder, 'a.json')))
  t.deepEqual(
    [...load.acknowledged].filter(body => !stored.has(body)),
    [],
  )
})
