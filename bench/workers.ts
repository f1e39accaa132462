import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CORPUS, corpus } from './corpus.ts'
import { builtFile, h2load, Server } from './measure.ts'
import { PORTS } from './paths.ts'

/*
 * What a second worker gives. On a machine with two cores the load generator wants a part of them,
 * so that the clock alone says little: what counts is that a record costs the same CPU time of all
 * processes together. Two workers then take twice as much where there are two free cores.
 */

export interface WorkersRow {
  readonly workers: number
  readonly recordsPerSecond: number
  /** Of the primary and all workers. */
  readonly recordsPerCpuSecond: number
  /** CPU seconds a second that they had: 2 = two whole cores. */
  readonly cores: number
  /** The share of each worker in the CPU time, 0 to 1. */
  readonly shares: readonly number[]
}

const CORES = '0,1'
const RECORDS = 1000

/** OTLP over HTTP into nothing, with one worker and with two, for so many seconds each. */
export async function measureWorkers(seconds: number): Promise<WorkersRow[]> {
  return [await measureCount(1, seconds), await measureCount(2, seconds)]
}

async function measureCount(workers: number, seconds: number): Promise<WorkersRow> {
  const folder = mkdtempSync(join(tmpdir(), 'parsec-bench-'))
  const config = join(folder, 'config.yaml')
  writeFileSync(config, configText(workers))
  const bodyFile = join(folder, 'body')
  writeFileSync(bodyFile, corpus(CORPUS.logs1000))
  const parsec = [process.execPath, builtFile('..', '..', 'bin', 'parsec.js'), 'run']
  const server = new Server([...parsec, '--config', config], CORES, join(folder, 'server.log'))
  try {
    await server.listening(PORTS.http)
    // The first worker listens before the others are there.
    while (processesOf(server.pid).length < (workers === 1 ? 1 : workers + 1)) await sleep(100)
    const load = {
      protocol: 'http',
      port: PORTS.http,
      bodyFile,
      recordsPerRequest: RECORDS,
    } as const
    h2load({ ...load, seconds: 3 }, CORES)
    const before = processesOf(server.pid).map(cpuSeconds)
    const startedAtMs = performance.now()
    const { done } = h2load({ ...load, seconds }, CORES)
    const passed = (performance.now() - startedAtMs) / 1000
    const used = processesOf(server.pid).map((pid, i) => cpuSeconds(pid) - before[i]!)
    const cpu = used.reduce((sum, one) => sum + one, 0)
    return {
      workers,
      recordsPerSecond: (done * RECORDS) / passed,
      recordsPerCpuSecond: (done * RECORDS) / cpu,
      cores: cpu / passed,
      shares: (workers === 1 ? used : used.slice(1)).map(one => one / cpu),
    }
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function configText(workers: number): string {
  return `receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${PORTS.http}" } } } }
exporters: { nop: }
service:
  workers: ${workers}
  telemetry: { metrics: { level: none }, logs: { level: error } }
  pipelines: { logs: { receivers: [otlp], exporters: [nop] } }
`
}

/** The process and its children. */
function processesOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
  return [pid, ...children.split(' ').filter(Boolean).map(Number)]
}

/** utime + stime of proc(5), in ticks of 10 ms. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
