import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Endpoints } from './clients.ts'
import type { Intake } from './parsec-config.ts'
import { readStats } from './service-stats.ts'

export interface ParsecOptions {
  /** Of `parsec run`. */
  readonly args: readonly string[]
  /** Its log goes into a file of this name here. */
  readonly folder: string
  readonly name: string
  /** How it takes records in from senders, if at all: it is ready once it has said where. */
  readonly intake: Intake | undefined
  /** Beside our own environment. */
  readonly env?: Readonly<Record<string, string>>
  /** When given, a kill is a power cut for the queue's files; the seed chooses what they keep. */
  readonly powerLossSeed: number | undefined
}

/** What a running Parsec has said of itself. */
export interface RunningParsec {
  /** URL of the status server. */
  readonly admin: string
  /** Undefined where it takes nothing in from senders. */
  readonly endpoints: Endpoints | undefined
}

/** A crowded machine needs a while to load a program. */
const READY_MS_MAX = 90_000
const STOP_MS_MAX = 40_000
/** Of the log, to find out why it died. */
const LINES_READ = 20
const PRELOAD = new URL('./preload.js', import.meta.url).href
const PRELOAD_POWER_LOSS = new URL('./preload-power-loss.js', import.meta.url).href
/** The product as users run it. */
export const PARSEC_MAIN: string = fileURLToPath(new URL('../../main.js', import.meta.url))

/** The real program in a process of its own, which is started, hurt, killed and started again. */
export class ParsecUnderTest {
  readonly #options: ParsecOptions
  #child: ChildProcess | undefined
  #running: RunningParsec | undefined
  #ready: Promise<RunningParsec> = Promise.reject(new Error('not started'))
  #clockMs = 0
  #kills = 0
  #starts = 0
  readonly #crashes: string[] = []

  constructor(options: ParsecOptions) {
    this.#options = options
    this.#ready.catch(() => undefined)
  }

  /** Undefined while it is down or not ready yet. */
  get running(): RunningParsec | undefined {
    return this.#running
  }

  get kills(): number {
    return this.#kills
  }

  /** Ends that nobody asked for, and stops that did not end well. */
  get crashes(): readonly string[] {
    return this.#crashes
  }

  /** Starts it; see `ready`. */
  spawn(): void {
    const { args, folder, name, env, powerLossSeed } = this.#options
    this.#starts++
    const preloads = powerLossSeed === undefined ? [PRELOAD] : [PRELOAD, PRELOAD_POWER_LOSS]
    const nodeArguments = preloads.flatMap(preload => ['--import', preload])
    const log = openSync(this.logFile, 'a')
    const child = spawn(process.execPath, [...nodeArguments, PARSEC_MAIN, 'run', ...args], {
      stdio: ['ignore', 'pipe', log, 'ipc'],
      cwd: folder,
      env: {
        ...process.env,
        ...env,
        ORACLE_CLOCK_OFFSET_MS: String(this.#clockMs),
        ORACLE_POWER_LOSS_SEED: `${powerLossSeed}/${name}/${this.#starts}`,
      },
    })
    closeSync(log)
    this.#child = child
    this.#ready = this.#awaitBanner(child)
    // A kill during the start is no unhandled rejection.
    this.#ready.catch(() => undefined)
    child.once('exit', (code, signal) => this.#ended(child, code, signal))
    child.on('error', () => undefined)
  }

  /** Rejects when it dies before, or takes longer than READY_MS_MAX. */
  ready(): Promise<RunningParsec> {
    return this.#ready
  }

  /** `SIGKILL`; resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#forget()
    if (child === undefined) return
    this.#kills++
    await end(child, 'SIGKILL')
  }

  /** `SIGKILL` to one of its worker processes, `which` of 0 up to 1 of them. */
  async killWorker(which: number): Promise<void> {
    if (this.#running === undefined) return
    const { workers = [] } = await readStats(this.#running.admin)
    const pid = workers[Math.floor(which * workers.length)]?.pid
    if (pid === undefined) return
    this.#kills++
    process.kill(pid, 'SIGKILL')
  }

  suspend(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Moves the clock of this and every later process by so much. */
  moveClock(byMs: number): void {
    this.#clockMs += byMs
    if (this.#child?.connected) this.#child.send({ clockOffsetMs: this.#clockMs })
  }

  /** Sets the clock right. */
  resetClock(): void {
    this.moveClock(-this.#clockMs)
  }

  /** Asks it to stop, and kills it when that takes too long; see `crashes`. */
  async stop(): Promise<void> {
    const child = this.#forget()
    if (child === undefined) return
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
    const code = await end(child, 'SIGTERM')
    clearTimeout(timer)
    if (code !== 0) this.#crashes.push(`${this.#options.name} did not stop cleanly: ${code}`)
  }

  get logFile(): string {
    const { folder, name } = this.#options
    return join(folder, `${name}.log`)
  }

  /** From now on its end is expected. */
  #forget(): ChildProcess | undefined {
    const child = this.#child
    this.#child = undefined
    this.#running = undefined
    return child
  }

  #ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child !== child) return
    this.#forget()
    const how = signal ?? `exit code ${code}`
    const which = `${this.#options.name} crashed: start ${this.#starts}`
    this.#crashes.push(`${which} ended with ${how}: ${lastWords(this.logFile)}`)
  }

  #awaitBanner(child: ChildProcess): Promise<RunningParsec> {
    return new Promise((resolve, reject) => {
      let text = ''
      const fail = (why: string): void => reject(new Error(`Parsec did not start: ${why}`))
      const timer = setTimeout(() => {
        fail(`not ready in ${READY_MS_MAX} ms`)
        // Nothing else may be started beside it; that it had to be killed counts as a crash.
        child.kill('SIGKILL')
      }, READY_MS_MAX)
      child.once('exit', () => {
        clearTimeout(timer)
        fail(lastWords(this.logFile))
      })
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        const running = readBanner(text, this.#options.intake)
        if (running === undefined || this.#child !== child) return
        clearTimeout(timer)
        this.#running ??= running
        resolve(this.#running)
      })
    })
  }
}

/** Finds the URLs in what `parsec run` prints when it is ready. */
function readBanner(text: string, intake: Intake | undefined): RunningParsec | undefined {
  const admin = /(http:\S+)\/health /.exec(text)?.[1]
  if (admin === undefined) return undefined
  if (intake === undefined) return { admin, endpoints: undefined }
  if (intake === 'ingest') {
    const ingest = /http:\S+\/ingest(?=\s)/.exec(text)?.[0]
    return ingest === undefined ? undefined : { admin, endpoints: { ingest } }
  }
  const http = /http:\S+\/v1\/logs(?=\s)/.exec(text)?.[0]
  const grpc = /grpc:\/\/(\S+)/.exec(text)?.[1]
  if (http === undefined || grpc === undefined) return undefined
  return { admin, endpoints: { http, grpc } }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
  return child.exitCode
}

/** Node ends with its version; what was thrown stands some lines before. */
function lastWords(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LINES_READ)
  return lines.findLast(line => /error|fatal/i.test(line)) ?? lines.at(-1) ?? ''
}
