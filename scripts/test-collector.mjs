// `npm run test:collector`: a real OpenTelemetry Collector and Parsec read what the other has written
// to a real Kafka broker. See test/collector/README.md.
//
//   npm run test:collector                builds the Collector (Go, some minutes, once), then compares
//   npm run test:collector -- --record    also keeps the messages in test/fixtures/kafka
import { deepStrictEqual } from 'node:assert'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parsec, root } from './lib/checkout.mjs'
import { freePort } from './lib/free-port.mjs'
import { must } from './lib/must.mjs'
import { setup } from './setup.mjs'

const BUILDER = 'go.opentelemetry.io/collector/cmd/builder@v0.165.0'
const WAIT_MS_MAX = 60_000
const ENCODINGS = ['otlp_proto', 'otlp_json']

const request = readFileSync(join(root, 'test', 'collector', 'logs.json'), 'utf8')

setup()
// Only now is there a build to import.
const { runningServices } = await import('../dist/test/services/services.js')
const { kafkajs } = await import('../dist/src/kafka/kafkajs.js')
const { brokers } = runningServices().kafka ?? fail('no Kafka broker runs here')
const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING })
const collector = buildCollector()
const folder = mkdtempSync(join(tmpdir(), 'parsec-collector-'))
const processes = []
let failures = 0
try {
  for (const encoding of ENCODINGS) {
    await check(`${encoding}: the Collector writes, Parsec reads`, () =>
      collectorToParsec(encoding),
    )
    await check(`${encoding}: Parsec writes, the Collector reads`, () =>
      parsecToCollector(encoding),
    )
  }
} finally {
  for (const { child } of processes) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failures > 0 ? 1 : 0)

async function check(title, work) {
  try {
    await work()
    console.log(`passed   ${title}`)
  } catch (error) {
    failures++
    console.log(`FAILED   ${title}: ${error.message}`)
    for (const { name, logFile } of processes)
      console.log(`--- ${name}\n${readFileSync(logFile, 'utf8')}`)
    await stopAll()
  }
}

async function collectorToParsec(encoding) {
  const topic = await createTopic(`collector-${encoding}`)
  const sink = await startSink()
  const store = join(folder, `${topic}-store`)
  const consumer = await startParsec({
    receivers: { kafka: kafkaReceiver(topic, encoding) },
    exporters: {
      ...sinkExporter(sink),
      clickhouse: { endpoint: `chdb://${store}`, sending_queue: { wait_for_result: true } },
    },
  })
  const port = await freePort()
  await startCollector({
    ...otlpReceiver(port),
    exporters: { kafka: kafkaExporter(topic, encoding) },
  })
  await send(port)
  deepStrictEqual(await sink.records(), records(JSON.parse(request)))
  deepStrictEqual(await stored(consumer.config), [
    'card refused: ü 😀',
    'slow query',
    '{"step":"retry"}',
  ])
  if (process.argv.includes('--record')) await record(topic, `collector-${encoding}`)
  await stopAll()
}

async function parsecToCollector(encoding) {
  const topic = await createTopic(`parsec-${encoding}`)
  const sink = await startSink()
  const port = await freePort()
  await startParsec({ ...otlpReceiver(port), exporters: { kafka: kafkaExporter(topic, encoding) } })
  await send(port)
  await startCollector({
    receivers: { kafka: kafkaReceiver(topic, encoding) },
    exporters: sinkExporter(sink),
  })
  deepStrictEqual(await sink.records(), records(JSON.parse(request)))
  if (process.argv.includes('--record')) await record(topic, `parsec-${encoding}`)
  await stopAll()
}

async function createTopic(prefix) {
  const topic = `${prefix}-${Date.now()}`
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: true })
  await admin.disconnect()
  return topic
}

function otlpReceiver(port) {
  return { receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } } }
}

function kafkaExporter(topic, encoding) {
  return { brokers: [brokers], logs: { topic, encoding }, producer: { compression: 'snappy' } }
}

function kafkaReceiver(topic, encoding) {
  return {
    brokers: [brokers],
    group_id: `group-${topic}`,
    initial_offset: 'earliest',
    logs: { topics: [topic], encoding },
  }
}

function sinkExporter({ port }) {
  return {
    otlp_http: { endpoint: `http://127.0.0.1:${port}`, encoding: 'json', compression: 'none' },
  }
}

/** Both take the same config, but for the ports of their own telemetry. */
function pipelineConfig({ receivers, exporters }, telemetry) {
  const logs = { receivers: Object.keys(receivers), exporters: Object.keys(exporters) }
  return JSON.stringify({ receivers, exporters, service: { telemetry, pipelines: { logs } } })
}

async function startCollector(parts) {
  const config = writeConfig(pipelineConfig(parts, { metrics: { level: 'none' } }))
  await start('collector', collector, ['--config', config], text =>
    text.includes('Everything is ready'),
  )
}

async function startParsec(parts) {
  const endpoint = `127.0.0.1:${await freePort()}`
  const config = writeConfig(pipelineConfig(parts, { metrics: { endpoint } }))
  await start('parsec', process.execPath, [parsec, 'run', '--config', config], async () => {
    const ready = await fetch(`http://${endpoint}/health/ready`).catch(() => undefined)
    return ready?.ok === true
  })
  return { config }
}

function writeConfig(text) {
  const path = join(mkdtempSync(join(folder, 'config-')), 'config.yaml')
  writeFileSync(path, text)
  return path
}

async function start(name, command, args, isReady) {
  const logFile = join(mkdtempSync(join(folder, 'log-')), `${name}.log`)
  const log = openSync(logFile, 'w')
  const child = spawn(command, args, { cwd: dirname(logFile), stdio: ['ignore', log, log] })
  processes.push({ name, child, logFile })
  try {
    await until(`${name} is ready`, async () => {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
      return await isReady(readFileSync(logFile, 'utf8'))
    })
  } catch (error) {
    throw new Error(`${error.message}\n${readFileSync(logFile, 'utf8')}`)
  }
}

async function stopAll() {
  await Promise.all(
    processes.splice(0).map(async ({ child }) => {
      const exited = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGTERM')
      await Promise.race([exited, sleep(15_000, undefined, { ref: false })])
      child.kill('SIGKILL')
    }),
  )
}

async function send(port) {
  const url = `http://127.0.0.1:${port}/v1/logs`
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: request })
  if (!response.ok)
    throw new Error(`sending was answered ${response.status}: ${await response.text()}`)
}

/** Takes OTLP/HTTP with JSON; `records` waits for as many as were sent. */
async function startSink() {
  const got = []
  const server = createServer(async (incoming, answer) => {
    const chunks = await incoming.toArray()
    got.push(...records(JSON.parse(Buffer.concat(chunks).toString())))
    answer.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const { port } = server.address()
  return {
    port,
    records: async () => {
      const wanted = records(JSON.parse(request)).length
      await until(`${wanted} records have come`, () => got.length >= wanted)
      return sorted(got)
    },
  }
}

/** What a request says, record by record, in one order and without what is empty. */
function records({ resourceLogs }) {
  const flat = resourceLogs.flatMap(({ scopeLogs, ...resource }) =>
    scopeLogs.flatMap(({ logRecords, ...scope }) =>
      logRecords.map(logRecord => clean({ resource, scope, logRecord })),
    ),
  )
  return sorted(flat)
}

function sorted(list) {
  return list.toSorted((a, b) => (a.logRecord.timeUnixNano < b.logRecord.timeUnixNano ? -1 : 1))
}

/** Empty fields are optional in OTLP/JSON. */
function clean(value) {
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, clean(inner)])
    .filter(([, inner]) => !isEmpty(inner))
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function isEmpty(value) {
  if (value === '' || value === 0 || value === null) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

async function stored(config) {
  const sql = 'SELECT Body FROM otel_logs ORDER BY Body'
  const args = [parsec, 'query', '--config', config, '--format', 'JSONEachRow', sql]
  let rows = []
  await until('the records are stored', () => {
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })
    rows = stdout
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line).Body)
    return rows.length === 3
  })
  return rows.toSorted()
}

/** Writes down what is in the topic, for the tests that have no Collector. */
async function record(topic, name) {
  const consumer = kafka.consumer({ groupId: `recorder-${topic}`, maxWaitTimeInMs: 50 })
  const messages = []
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message: { key, value, headers } }) => {
      const texts = Object.entries(headers).map(([name, header]) => [name, header.toString()])
      messages.push({
        key: key?.toString('base64') ?? null,
        headers: Object.fromEntries(texts),
        value: value.toString('base64'),
      })
    },
  })
  // One request is one message; a second would come with it.
  await until('the message is read', () => messages.length > 0)
  await consumer.disconnect()
  const file = join(root, 'test', 'fixtures', 'kafka', `${name}.json`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(messages, undefined, 2)}\n`)
  console.log(`recorded ${messages.length} messages in ${file}`)
}

/** The path of the program; built once for each list of parts. */
function buildCollector() {
  const list = join(root, 'test', 'collector', 'builder.yaml')
  const version = createHash('sha256').update(BUILDER).update(readFileSync(list)).digest('hex')
  const cache = join(root, '.parsec', 'collector', version.slice(0, 12))
  const program = join(cache, 'build', 'otelcol')
  if (existsSync(program)) return program
  mkdirSync(cache, { recursive: true })
  console.log('building the OpenTelemetry Collector, this takes some minutes ...')
  const env = { ...process.env, GOBIN: cache }
  must('go', ['install', BUILDER], { cwd: cache, env })
  must(join(cache, 'builder'), ['--config', list], { cwd: cache, env })
  return program
}

async function until(what, condition) {
  const giveUpMs = performance.now() + WAIT_MS_MAX
  while (!(await condition())) {
    if (performance.now() > giveUpMs) throw new Error(`never came true: ${what}`)
    await sleep(100)
  }
}

function fail(reason) {
  console.error(`test:collector: ${reason}`)
  process.exit(1)
}
