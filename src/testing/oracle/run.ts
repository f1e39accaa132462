import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startClickHouseDestination } from './destinations/clickhouse.ts'
import type { Destination, DestinationName } from './destinations/destination.ts'
import { createEmbeddedDestination } from './destinations/embedded.ts'
import { startOtlpDestination } from './destinations/otlp.ts'
import { startPostgresDestination } from './destinations/postgres.ts'
import { runFaults } from './faults.ts'
import { Issuer } from './issuer.ts'
import { judge, type Verdict } from './judge.ts'
import { checkLedger } from './ledger.ts'
import { type Break, parsecConfig, type QueueMode } from './parsec-config.ts'
import { PARSEC_MAIN, ParsecUnderTest } from './parsec-under-test.ts'
import { createPlan, type FaultKind, type RunPlan } from './plan.ts'
import { QueueDisk } from './queue-disk.ts'
import { RecordMint } from './records.ts'
import { damagedRecords, untilDrained } from './service-stats.ts'

export interface RunSettings {
  readonly destination: DestinationName
  readonly queue: QueueMode
  readonly faults: readonly FaultKind[]
  readonly resend: boolean
  /** Is a kill a power cut for the files of the queue? */
  readonly powerLoss: boolean
  readonly break: Break | undefined
  /** Folders of runs are made in here. */
  readonly workFolder: string
}

export interface RunResult {
  readonly seed: number
  readonly verdict: Verdict | undefined
  /** Everything that was wrong, a sentence each; empty when the promise was kept. */
  readonly broken: readonly string[]
  /** Faults of the plan that could not be done on this machine, with the reason. */
  readonly skipped: readonly string[]
  readonly attempted: number
  readonly kills: number
  /** Requests of Parsec to the destination that were disturbed. */
  readonly disturbed: number
  readonly seconds: number
  /** Config, log, queue and store of the run; removed by `discard`. */
  readonly folder: string
  discard(): Promise<void>
}

const LIVENESS_MS_MAX = 30_000
const DRAIN_MS_MAX = 60_000

/** One run from its seed: load and faults, recovery, the end, the verdict. Never rejects. */
export async function runOnce(seed: number, settings: RunSettings): Promise<RunResult> {
  const startMs = performance.now()
  await mkdir(settings.workFolder, { recursive: true })
  const folder = await mkdtemp(join(settings.workFolder, `seed-${seed}-`))
  const plan = createPlan(seed, settings.faults)
  const disk = await QueueDisk.create(folder, {
    isUsed: settings.queue === 'file',
    mount: settings.faults.includes('disk-full'),
    queueBytes: plan.limits.queueBytes,
  })
  const run = new Run(plan, settings, folder, disk)
  try {
    await run.play()
  } catch (error) {
    run.broken.push(`the run could not be finished: ${(error as Error).message}`)
  }
  await run.close()
  return {
    seed,
    verdict: run.verdict,
    broken: run.broken,
    skipped: run.skipped,
    attempted: run.attempted,
    kills: run.kills,
    disturbed: run.disturbed,
    seconds: (performance.now() - startMs) / 1000,
    folder,
    discard: async () => {
      await disk.remove()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

class Run {
  readonly broken: string[] = []
  readonly skipped: string[] = []
  verdict: Verdict | undefined
  attempted = 0
  readonly #plan: RunPlan
  readonly #settings: RunSettings
  readonly #folder: string
  readonly #disk: QueueDisk
  readonly #mint: RecordMint
  readonly #parsec: ParsecUnderTest
  readonly #configFile: string
  #destination: Destination | undefined
  #damagedRecords = 0

  constructor(plan: RunPlan, settings: RunSettings, folder: string, disk: QueueDisk) {
    this.#plan = plan
    this.#settings = settings
    this.#folder = folder
    this.#disk = disk
    this.#mint = new RecordMint(plan.seed, plan.load)
    this.#configFile = join(folder, 'parsec.yaml')
    const command = [PARSEC_MAIN, 'run', '--config', this.#configFile]
    const powerLossSeed = settings.powerLoss ? plan.seed : undefined
    this.#parsec = new ParsecUnderTest({ command, folder, powerLossSeed })
  }

  get kills(): number {
    return this.#parsec.kills
  }

  get disturbed(): number {
    return this.#destination?.proxy?.disturbed ?? 0
  }

  async play(): Promise<void> {
    const destination = await this.#startDestination()
    this.#destination = destination
    const { queue, break: broken } = this.#settings
    const { directory } = this.#disk
    const config = parsecConfig(this.#plan, { queue, broken, directory }, destination)
    await writeFile(this.#configFile, config)
    await writeFile(join(this.#folder, 'plan.json'), JSON.stringify(this.#plan, undefined, 2))
    this.#parsec.spawn()
    await this.#parsec.ready()

    const issuer = new Issuer({
      seed: this.#plan.seed,
      load: this.#plan.load,
      mint: this.#mint,
      endpoints: () => this.#parsec.running,
      resend: this.#settings.resend,
    })
    issuer.start()
    const targets = {
      parsec: this.#parsec,
      disk: this.#disk,
      proxy: destination.proxy,
      tell: (line: string) => void this.#note(line),
      skip: (what: string) => void this.skipped.push(what),
    }
    await runFaults(this.#plan, targets)
    await issuer.stop()

    await this.#settle(issuer)
    this.attempted = issuer.issued.size
    const arrivals = await destination.arrivals(this.#configFile)
    this.verdict = judge({
      issued: issuer.issued,
      arrivals,
      expected: destination.expected,
      exactlyOnce: destination.exactlyOnce && !this.#isMemoryDamaged,
      damagedRecords: this.#damagedRecords,
    })
    this.broken.push(...this.verdict.broken)
  }

  async close(): Promise<void> {
    await this.#parsec.kill()
    await this.#destination?.close()
  }

  /** The faults are over: a fresh record must pass, the queue must drain, the stop must be clean. */
  async #settle(issuer: Issuer): Promise<void> {
    if (!(await issuer.issueFresh(LIVENESS_MS_MAX))) {
      this.broken.push(
        `no fresh record was accepted within ${LIVENESS_MS_MAX} ms of the last fault`,
      )
    }
    const { running } = this.#parsec
    const stats = running && (await untilDrained(running.admin, DRAIN_MS_MAX))
    if (stats === undefined) {
      this.broken.push(`the queue was not empty ${DRAIN_MS_MAX} ms after the last fault`)
    } else {
      this.broken.push(...checkLedger(stats))
      this.#damagedRecords = damagedRecords(stats)
    }
    const crashes = [...this.#parsec.crashes]
    const code = await this.#parsec.stop()
    if (code !== 0) this.broken.push(`Parsec did not stop cleanly: exit code ${code}`)
    this.broken.push(...crashes.map(crash => `Parsec crashed: ${crash}`))
  }

  /**
   * Is Parsec's memory of what it has sent damaged? Without its journal a queue can only send
   * everything again; without some of its records, a lot cannot have the name it was sent under.
   */
  get #isMemoryDamaged(): boolean {
    return this.#disk.isJournalDamaged || this.#damagedRecords > 0
  }

  #startDestination(): Promise<Destination> {
    const { seed } = this.#plan
    switch (this.#settings.destination) {
      case 'embedded':
        return Promise.resolve(createEmbeddedDestination(this.#mint, this.#folder))
      case 'clickhouse':
        return startClickHouseDestination(this.#mint, seed, this.#folder)
      case 'postgres':
        return startPostgresDestination(this.#mint, seed)
      case 'otlp':
        return startOtlpDestination(this.#mint, seed)
    }
  }

  async #note(line: string): Promise<void> {
    const at = new Date().toISOString()
    await appendFile(join(this.#folder, 'faults.log'), `${at} ${line}\n`).catch(() => undefined)
  }
}
