import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sha256 } from '../src/auth/credentials.ts'
import { builtFile, Server } from './measure.ts'
import { PORTS } from './paths.ts'
import { plainRecords } from './plain-records.ts'

/*
 * What a tenant notices of a neighbour that floods: Parsec on core 0, both senders on core 1. The
 * neighbour ignores Retry-After, over 20 connections: at a pace, or as soon as it is answered.
 */

/** Of each tenant; the quiet one sends half of it. */
const RECORDS_PER_SECOND = 1000
const QUIET_RECORDS = 10
const QUIET_EVERY_MS = 20
const FLOOD_RECORDS = 100
const FLOOD_CONNECTIONS = 20
const URL_TEXT = `http://127.0.0.1:${PORTS.ingest}/ingest`

export interface TenantRow {
  readonly name: string
  readonly sent: number
  readonly accepted: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** What the neighbour sends, in records a second, and the share of its requests that is refused. */
  readonly floodPerSecond: number
  readonly floodRefused: number
  /** CPU of the server over all requests; hardly moves when the machine is busy with other work. */
  readonly cpuMicrosPerRequest: number
}

interface Scene {
  readonly name: string
  readonly flood: 'none' | 'paced' | 'unbounded'
  /** Further keys of the flooding tenant's API key. */
  readonly key: string
}

const SCENES: readonly Scene[] = [
  { name: 'alone', flood: 'none', key: '' },
  { name: 'beside 20 times the limit', flood: 'paced', key: '' },
  { name: 'beside all one can send', flood: 'unbounded', key: '' },
  { name: 'the same, its key has a rate', flood: 'unbounded', key: ', requests_per_second: 20' },
]

/** Measures each scene for so many seconds. */
export async function measureTenants(seconds: number): Promise<TenantRow[]> {
  const rows: TenantRow[] = []
  for (const scene of SCENES) rows.push(await measureScene(scene, seconds))
  return rows
}

async function measureScene(scene: Scene, seconds: number): Promise<TenantRow> {
  const folder = mkdtempSync(join(tmpdir(), 'parsec-bench-'))
  const config = join(folder, 'config.yaml')
  writeFileSync(config, configText(scene))
  const parsec = [process.execPath, builtFile('..', '..', 'bin', 'parsec.js'), 'run']
  const server = new Server([...parsec, '--config', config], 0, join(folder, 'server.log'))
  try {
    await server.listening(PORTS.ingest)
    await quiet(2)
    const cpuBefore = server.cpuSeconds()
    const flood = scene.flood === 'none' ? undefined : startFlood(scene, folder, seconds + 2)
    await sleep(1000)
    const latencies = await quiet(seconds)
    const counts = (await flood) ?? { accepted: 0, refused: 0 }
    const cpuSeconds = server.cpuSeconds() - cpuBefore
    return row(scene.name, latencies, counts, { floodSeconds: seconds + 2, cpuSeconds })
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function configText({ key }: Scene): string {
  return `receivers: { ingest: { endpoint: "127.0.0.1:${PORTS.ingest}", auth: { authenticator: api_key } } }
extensions:
  api_key:
    keys:
      - { id: quiet, tenant: quiet, sha256: ${sha256('quiet').toString('hex')} }
      - { id: flood, tenant: flood, sha256: ${sha256('flood').toString('hex')}${key} }
processors: { rate_limit: { keys: [auth.tenant], records_per_second: ${RECORDS_PER_SECOND} } }
exporters: { nop: }
service:
  extensions: [api_key]
  telemetry: { metrics: { level: none }, logs: { level: error } }
  pipelines: { logs: { receivers: [ingest], processors: [rate_limit], exporters: [nop] } }
`
}

/** Milliseconds of each request from when it was due; NaN = refused. */
async function quiet(seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true })
  const body = plainRecords(QUIET_RECORDS)
  const pending: Promise<number>[] = []
  const startMs = performance.now()
  for (let i = 0; i < (seconds * 1000) / QUIET_EVERY_MS; i++) {
    const dueMs = startMs + i * QUIET_EVERY_MS
    await sleep(Math.max(0, dueMs - performance.now()))
    pending.push(post(agent, body).then(ok => (ok ? performance.now() - dueMs : Number.NaN)))
  }
  const latencies = await Promise.all(pending)
  agent.destroy()
  return latencies
}

function post(agent: Agent, body: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': body.length,
      'x-api-key': 'quiet',
    }
    const sent = request(URL_TEXT, { method: 'POST', agent, headers, timeout: 30_000 })
    sent.on('response', response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode === 200))
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer within 30 s')))
    sent.on('error', reject)
    sent.end(body)
  })
}

interface Flood {
  readonly accepted: number
  readonly refused: number
}

async function startFlood({ flood }: Scene, folder: string, seconds: number): Promise<Flood> {
  const bodyFile = join(folder, 'body')
  writeFileSync(bodyFile, plainRecords(FLOOD_RECORDS))
  const load = ['-D', String(seconds), `-c${FLOOD_CONNECTIONS}`, '--h1', '-m1', '-d', bodyFile]
  // Of each connection: 10 requests a second.
  if (flood === 'paced') load.push('--rps', '10')
  const headers = ['-H', 'content-type: application/json', '-H', 'x-api-key: flood']
  const child = spawn('taskset', ['-c', '1', 'h2load', ...load, ...headers, URL_TEXT])
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  const counts = /status codes: (\d+) 2xx, \d+ 3xx, (\d+) 4xx/.exec(output)
  if (counts === null) throw new Error(`h2load finished no request:\n${output}`)
  return { accepted: Number(counts[1]), refused: Number(counts[2]) }
}

function row(
  name: string,
  latencies: readonly number[],
  { accepted, refused }: Flood,
  { floodSeconds, cpuSeconds }: { readonly floodSeconds: number; readonly cpuSeconds: number },
): TenantRow {
  const flood = accepted + refused
  const taken = latencies.filter(ms => !Number.isNaN(ms)).sort((a, b) => a - b)
  const at = (share: number): number => taken[Math.floor((taken.length - 1) * share)] ?? Number.NaN
  return {
    name,
    sent: latencies.length,
    accepted: taken.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    floodPerSecond: (flood * FLOOD_RECORDS) / floodSeconds,
    floodRefused: refused / Math.max(1, flood),
    cpuMicrosPerRequest: (cpuSeconds * 1e6) / (flood + latencies.length),
  }
}
