// `npm run test:sdk`: real OpenTelemetry SDKs against a running Parsec. See test/sdk/README.md.
//
//   npm run test:sdk                 every language whose toolchain is here
//   npm run test:sdk -- go java      only these
//
// PARSEC_SDK_REQUIRED="go,python" makes a missing toolchain of those languages a failure.
import { deepStrictEqual } from 'node:assert'
import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parsec, root } from './lib/checkout.mjs'
import { freePort } from './lib/free-port.mjs'
import { must } from './lib/must.mjs'
import { setup } from './setup.mjs'

const sources = join(root, 'test', 'sdk')
const cache = join(root, '.parsec', 'sdk')

/** How each language is prepared and run: `tool` must be there; `prepare` returns the command. */
const LANGUAGES = {
  javascript: {
    tool: ['npm', '--version'],
    protocols: ['grpc', 'http/protobuf', 'http/json'],
    // Its gRPC transport calls every error a failure (0.223.1, grpc-exporter-transport.ts).
    neverRetries: ['grpc'],
    prepare(folder) {
      must('npm', ['install', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: folder })
      return [process.execPath, join(folder, 'main.mjs')]
    },
  },
  python: {
    tool: ['python3', '-m', 'venv', '--help'],
    protocols: ['grpc', 'http/protobuf'],
    prepare(folder) {
      const python = join(folder, 'venv', 'bin', 'python')
      if (!existsSync(python)) must('python3', ['-m', 'venv', 'venv'], { cwd: folder })
      must(
        python,
        ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', 'requirements.txt'],
        { cwd: folder },
      )
      return [python, join(folder, 'main.py')]
    },
  },
  go: {
    tool: ['go', 'version'],
    protocols: ['grpc', 'http/protobuf'],
    prepare(folder) {
      must('go', ['build', '-o', 'main', '.'], { cwd: folder })
      return [join(folder, 'main')]
    },
  },
  java: {
    tool: ['mvn', '--version'],
    protocols: ['grpc', 'http/protobuf'],
    prepare(folder) {
      must('mvn', ['-q', '-B', 'compile', 'dependency:copy-dependencies'], { cwd: folder })
      return [
        'java',
        '-cp',
        `${join(folder, 'target', 'classes')}:${join(folder, 'target', 'dependency', '*')}`,
        'parsec.Main',
      ]
    },
  },
}

/** What every program must have stored, in the columns of otel_logs. */
function expected(language) {
  const common = {
    Timestamp: '2023-11-14 22:13:20.123456789',
    ServiceName: `sdk-${language}`,
    version: '1.2.3',
    ScopeName: 'sdk.test',
    ScopeVersion: '0.1.0',
  }
  const none = { text: '', flag: '', count: '', ratio: '', list: '' }
  return [
    {
      ...common,
      SeverityNumber: 17,
      SeverityText: 'ERROR',
      Body: 'hello from the SDK: \u00fc \u{1f600}',
      TraceId: '0af7651916cd43dd8448eb211c80319c',
      SpanId: 'b7ad6b7169203331',
      TraceFlags: 1,
      EventName: 'sdk.event',
      attributes: { text: 'value', flag: 'true', count: '42', ratio: '1.5', list: '["a","b"]' },
    },
    {
      ...common,
      SeverityNumber: 9,
      SeverityText: 'INFO',
      Body: { key: 'value', number: 1 },
      TraceId: '',
      SpanId: '',
      TraceFlags: 0,
      EventName: '',
      attributes: none,
    },
  ]
}

setup()
// Only now is there a build to import.
const { testVerdicts } = await import('./sdk-verdicts.mjs')
const wanted = process.argv.slice(2)
const names = Object.keys(LANGUAGES).filter(name => wanted.length === 0 || wanted.includes(name))
const server = await startParsec()
const results = []
try {
  for (const name of names) results.push(...(await testLanguage(name, server)))
} finally {
  await server.stop()
}
for (const { title, outcome, detail } of results)
  console.log(`${outcome.padEnd(8)} ${title}${detail ? `: ${detail}` : ''}`)
const count = outcome => results.filter(result => result.outcome === outcome).length
console.log(`${count('passed')} passed, ${count('FAILED')} failed, ${count('SKIPPED')} skipped`)
process.exit(count('FAILED') > 0 || count('passed') === 0 ? 1 : 0)

async function testLanguage(name, server) {
  const language = LANGUAGES[name]
  const [tool, ...args] = language.tool
  if (spawnSync(tool, args, { stdio: 'ignore' }).status !== 0) {
    const required = (process.env.PARSEC_SDK_REQUIRED ?? '').split(',').includes(name)
    return [
      { title: name, outcome: required ? 'FAILED' : 'SKIPPED', detail: `${tool} is not installed` },
    ]
  }
  const folder = join(cache, name)
  mkdirSync(folder, { recursive: true })
  cpSync(join(sources, name), folder, { recursive: true })
  console.log(`preparing ${name} ...`)
  const command = language.prepare(folder)
  const results = []
  for (const protocol of language.protocols) {
    for (const compression of ['none', 'gzip']) {
      const title = `${name}, ${protocol}, compression ${compression}`
      try {
        await testProgram(name, command, protocol, compression, server)
        results.push({ title, outcome: 'passed' })
      } catch (error) {
        results.push({ title, outcome: 'FAILED', detail: error.message })
      }
    }
    const neverRetries = language.neverRetries?.includes(protocol) ?? false
    results.push(...(await testVerdicts(name, command, protocol, neverRetries)))
  }
  return results
}

async function testProgram(name, command, protocol, compression, server) {
  const runId = `${name}-${protocol}-${compression}-${Date.now()}`
  const port = protocol === 'grpc' ? server.grpcPort : server.httpPort
  const { status, stderr, stdout } = spawnSync(command[0], command.slice(1), {
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      ...process.env,
      PARSEC_ENDPOINT: `http://127.0.0.1:${port}`,
      PARSEC_PROTOCOL: protocol,
      PARSEC_COMPRESSION: compression,
      PARSEC_RUN_ID: runId,
    },
  })
  if (status !== 0) throw new Error(`the program ended with ${status}: ${stderr}${stdout}`)
  deepStrictEqual(stored(runId, server), expected(name))
}

/** The records of one run, read back with `parsec query`. */
function stored(runId, server) {
  const sql = `SELECT toString(Timestamp) AS Timestamp, ServiceName, ResourceAttributes['service.version'] AS version,
    ScopeName, ScopeVersion, SeverityNumber, SeverityText, Body, TraceId, SpanId, TraceFlags, EventName, LogAttributes
    FROM otel_logs WHERE ResourceAttributes['run.id'] = '${runId}' ORDER BY SeverityNumber DESC`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [parsec, 'query', '--config', server.config, '--format', 'JSONEachRow', sql],
    { encoding: 'utf8', timeout: 30_000 },
  )
  if (status !== 0) throw new Error(`parsec query ended with ${status}: ${stderr}`)
  return stdout
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const { LogAttributes, Body, ...row } = JSON.parse(line)
      const { text = '', flag = '', count = '', ratio = '', list = '' } = LogAttributes
      return {
        ...row,
        Body: Body.startsWith('{') ? JSON.parse(Body) : Body,
        attributes: { text, flag, count, ratio, list },
      }
    })
}

async function startParsec() {
  const folder = mkdtempSync(join(tmpdir(), 'parsec-sdk-'))
  const [grpcPort, httpPort, adminPort] = [await freePort(), await freePort(), await freePort()]
  const config = join(folder, 'config.yaml')
  writeFileSync(
    config,
    `receivers:
  otlp:
    protocols:
      grpc: { endpoint: "127.0.0.1:${grpcPort}" }
      http: { endpoint: "127.0.0.1:${httpPort}" }
exporters:
  clickhouse: { endpoint: "chdb://${folder}/store", sending_queue: { wait_for_result: true } }
service:
  telemetry: { metrics: { endpoint: "127.0.0.1:${adminPort}" } }
  pipelines: { logs: { receivers: [otlp], exporters: [clickhouse] } }
`,
  )
  const logFile = join(folder, 'parsec.log')
  const log = openSync(logFile, 'w')
  const child = spawn(process.execPath, [parsec, 'run', '--config', config], {
    stdio: ['ignore', log, log],
  })
  const stop = async () => {
    child.kill('SIGTERM')
    await Promise.race([new Promise(resolve => child.once('exit', resolve)), sleep(15_000)])
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  for (let tries = 0; tries < 300; tries++) {
    const ready = await fetch(`http://127.0.0.1:${adminPort}/health/ready`).catch(() => undefined)
    if (ready?.ok) return { grpcPort, httpPort, config, stop }
    if (child.exitCode !== null) break
    await sleep(100)
  }
  console.error(readFileSync(logFile, 'utf8'))
  await stop()
  throw new Error('Parsec did not start')
}
