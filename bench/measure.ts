import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Protocol } from './paths.ts'

/*
 * One server under load, alone on core 0; load generator and sink on core 1. What counts is records
 * per CPU-second of the server's process: it hardly moves when the machine is noisy.
 */

export interface Load {
  readonly protocol: Protocol
  readonly port: number
  /** A file with the request body; for gRPC with the 5-byte message prefix. */
  readonly bodyFile: string
  readonly recordsPerRequest: number
  readonly seconds: number
}

export interface Measured {
  readonly recordsPerSecond: number
  readonly recordsPerCpuSecond: number
  readonly cpuMicrosPerRequest: number
  readonly peakMebibytes: number
  readonly failedRequests: number
}

/** Can the end-to-end cases run here? The reason why not, or undefined. */
export function missingTool(): string | undefined {
  for (const [tool, debianPackage] of [
    ['h2load', 'nghttp2-client'],
    ['taskset', 'util-linux'],
  ] as const) {
    if (spawnSync(tool, ['--version']).error) return `${tool} (Debian package ${debianPackage})`
  }
  return undefined
}

export class Server {
  readonly #child: ChildProcess

  /** Starts a command on one core, or `0,1`, in a process group of its own, its output in a file. */
  constructor(command: readonly string[], core: number | string, logFile: string, cwd?: string) {
    const log = openSync(logFile, 'w')
    this.#child = spawn('taskset', ['-c', String(core), ...command], {
      stdio: ['ignore', log, log],
      detached: true,
      env: { ...process.env, GOMAXPROCS: '1' },
      ...(cwd === undefined ? {} : { cwd }),
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async listening(port: number): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      if (await canConnect(port)) return
      if (this.#child.exitCode !== null) break
      await sleep(50)
    }
    throw new Error(`nothing listens on port ${port}`)
  }

  /** CPU seconds so far, of all threads: utime + stime of proc(5), in ticks of 10 ms. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  peakMebibytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'latin1')
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
  }

  async stop(): Promise<void> {
    const { pid } = this.#child
    if (pid === undefined) return
    const gone = new Promise(resolve => this.#child.once('exit', resolve))
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
      try {
        process.kill(-pid, signal)
      } catch {}
      await Promise.race([gone, sleep(3000)])
    }
  }
}

/** Warms the server up, then loads it to saturation. */
export async function measure(server: Server, load: Load): Promise<Measured> {
  h2load({ ...load, seconds: Math.min(3, load.seconds) })
  await sleep(200)
  const cpuBefore = server.cpuSeconds()
  const started = performance.now()
  const { done, failed } = h2load(load)
  const cpu = server.cpuSeconds() - cpuBefore
  const seconds = (performance.now() - started) / 1000
  const records = done * load.recordsPerRequest
  return {
    recordsPerSecond: records / seconds,
    recordsPerCpuSecond: records / cpu,
    cpuMicrosPerRequest: (cpu * 1e6) / done,
    peakMebibytes: server.peakMebibytes(),
    failedRequests: failed,
  }
}

const REQUESTS: Readonly<Record<Protocol, { path: string; headers: readonly string[] }>> = {
  grpc: {
    path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    headers: ['-m4', '-H', 'content-type: application/grpc', '-H', 'te: trailers'],
  },
  http: {
    path: '/v1/logs',
    headers: ['--h1', '-m1', '-H', 'content-type: application/x-protobuf'],
  },
  ingest: { path: '/ingest', headers: ['--h1', '-m1', '-H', 'content-type: application/json'] },
}

/** Loads a server for `load.seconds`, from these cores. */
export function h2load(load: Load, cores = '1'): { done: number; failed: number } {
  const { seconds } = load
  const { path, headers } = REQUESTS[load.protocol]
  const url = `http://127.0.0.1:${load.port}${path}`
  const flags = ['-D', String(seconds), '-c8', '-w20', '-W24', '-d', load.bodyFile]
  const run = spawnSync('taskset', ['-c', cores, 'h2load', ...flags, ...headers, url], {
    encoding: 'utf8',
  })
  const counts = /(\d+) done, (\d+) succeeded, (\d+) failed/.exec(run.stdout)
  if (counts === null || Number(counts[2]) === 0) {
    throw new Error(`h2load finished no request:\n${run.stdout}${run.stderr}`)
  }
  return { done: Number(counts[2]), failed: Number(counts[3]) }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

export function builtFile(...path: string[]): string {
  return join(import.meta.dirname, ...path)
}
