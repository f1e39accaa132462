import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface StartOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Gets both outputs. */
  readonly logFile: string
  /** Rejects while the service is not ready. */
  readonly check: () => Promise<unknown>
  /** Runs as this user. */
  readonly uid?: number | undefined
  readonly gid?: number | undefined
}

const READY_MS_MAX = 100_000
const STOP_MS_MAX = 15_000
const POLL_MS = 50

/** Starts a process that outlives us and waits until its check passes. Throws with its output. */
export async function startProcess(options: StartOptions): Promise<number> {
  const { name, command, args, logFile, check, uid, gid } = options
  mkdirSync(dirname(logFile), { recursive: true })
  const log = openSync(logFile, 'a')
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', log, log],
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  })
  closeSync(log)
  child.unref()
  const failure = await ready(child, check)
  if (failure === undefined) return child.pid!
  child.kill('SIGKILL')
  throw new Error(`${name} did not start: ${failure}\n${tail(logFile)}`)
}

/** Asks a process to end, waits, and kills it when it takes too long. */
export async function stopProcess(pid: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (!isAlive(pid)) return
  process.kill(pid, signal)
  for (let waitedMs = 0; isAlive(pid); waitedMs += POLL_MS) {
    if (waitedMs > STOP_MS_MAX) process.kill(pid, 'SIGKILL')
    await sleep(POLL_MS)
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A killed child stays a zombie until its parent has waited for it.
    return !/^State:\s+Z/m.test(readStatus(pid))
  } catch {
    return false
  }
}

/** Linux gives the ports from 32768 on, others those from 49152 on, to whoever asks for any. */
const PORTS_FROM = 15_000
const PORTS_UP_TO = 32_000
const PORT_TRIES = 100

/**
 * Ports of the loopback interface that nobody uses at the moment, all different. None is one that
 * the system gives out: a service that is restarted must find its own free again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = []
  for (let tries = 0; servers.length < count; tries++) {
    if (tries === PORT_TRIES) throw new Error(`found ${servers.length} of ${count} free ports`)
    const server = await listen(randomInt(PORTS_FROM, PORTS_UP_TO))
    if (server !== undefined) servers.push(server)
  }
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

/** Undefined when the port is not free. */
function listen(port: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise(resolve => {
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

async function ready(
  child: ChildProcess,
  check: () => Promise<unknown>,
): Promise<string | undefined> {
  let failure = ''
  child.on('error', error => {
    failure = error.message
  })
  for (const started = Date.now(); Date.now() - started < READY_MS_MAX; await sleep(POLL_MS)) {
    if (failure !== '') return failure
    if (child.exitCode !== null) return `it ended with code ${child.exitCode}`
    try {
      await check()
      return undefined
    } catch {
      // Not yet.
    }
  }
  return `it was not ready within ${READY_MS_MAX / 1000}s`
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-20).join('\n')
}
