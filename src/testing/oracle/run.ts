import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startClickHouseDestination } from './destinations/clickhouse.ts'
import type { Destination, DestinationName } from './destinations/destination.ts'
import { createEmbeddedDestination } from './destinations/embedded.ts'
import { startOtlpDestination } from './destinations/otlp.ts'
import { startPostgresDestination } from './destinations/postgres.ts'
import { runFaults } from './faults.ts'
import { freePorts } from './free-ports.ts'
import { Issuer } from './issuer.ts'
import { type Arrival, judge, type Verdict } from './judge.ts'
import { createKafkaPlan } from './kafka-plan.ts'
import { checkLedger } from './ledger.ts'
import { type Break, type Intake, parsecConfig, type QueueMode } from './parsec-config.ts'
import { PlainMint } from './plain-mint.ts'
import { createPlan, type FaultKind, type RunPlan } from './plan.ts'
import { QueueDisk } from './queue-disk.ts'
import { type Mint, RecordMint } from './records.ts'
import { damagedRecords } from './service-stats.ts'
import type { BrokerUnderTest } from './topologies/broker.ts'
import { clusterConfig } from './topologies/cluster-config.ts'
import { DirectTopology } from './topologies/direct.ts'
import { KafkaTopic } from './topologies/kafka-topic.ts'
import { ThroughKafka } from './topologies/through-kafka.ts'
import type { Topology, Way } from './topologies/topology.ts'

export interface RunSettings {
  readonly destination: DestinationName
  /** Undefined: straight to the destination. */
  readonly through?: Way | undefined
  /** Given when the way is through Kafka; all runs of a process may share it. */
  readonly broker?: BrokerUnderTest | undefined
  readonly intake?: Intake | undefined
  readonly queue: QueueMode
  /** Worker processes of the Parsec that takes the records in; one unless told. */
  readonly workers?: number | undefined
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
  /** Of the broker. */
  readonly restarts: number
  /** Requests of Parsec to the destination that were disturbed. */
  readonly disturbed: number
  readonly seconds: number
  /** Config, log, queue and store of the run; removed by `discard`. */
  readonly folder: string
  discard(): Promise<void>
}

const LIVENESS_MS_MAX = 30_000
const PROTOCOLS = { otlp: ['grpc', 'http'], ingest: ['ingest'] } as const

/** One run from its seed: load and faults, recovery, the end, the verdict. Never rejects. */
export async function runOnce(seed: number, settings: RunSettings): Promise<RunResult> {
  const startMs = performance.now()
  await mkdir(settings.workFolder, { recursive: true })
  const folder = await mkdtemp(join(settings.workFolder, `seed-${seed}-`))
  const plan = createPlan(seed, settings.faults)
  const disk = await QueueDisk.create(folder, {
    isUsed: settings.queue === 'file',
    mount: settings.faults.includes('disk-full'),
    queueBytes: plan.limits.queueBytes * (settings.workers ?? 1),
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
    restarts: run.restarts,
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
  readonly #mint: Mint
  readonly #intake: Intake
  readonly #configFile: string
  #topology: Topology | undefined
  #destination: Destination | undefined
  #damagedRecords = 0

  constructor(plan: RunPlan, settings: RunSettings, folder: string, disk: QueueDisk) {
    this.#plan = plan
    this.#settings = settings
    this.#folder = folder
    this.#disk = disk
    const mint = new RecordMint(plan.seed, plan.load)
    this.#intake = settings.intake ?? 'otlp'
    this.#mint = this.#intake === 'otlp' ? mint : new PlainMint(mint)
    this.#configFile = join(folder, 'parsec.yaml')
  }

  get kills(): number {
    return this.#topology?.parsecs.reduce((sum, { kills }) => sum + kills, 0) ?? 0
  }

  get restarts(): number {
    return this.#topology?.restarts ?? 0
  }

  get disturbed(): number {
    return this.#destination?.proxy?.disturbed ?? 0
  }

  async play(): Promise<void> {
    const { through, broker } = this.#settings
    if (through === 'kafka' && broker === undefined) throw new Error('there is no broker')
    const destination = await this.#startDestination()
    this.#destination = destination
    const topology = await this.#build(destination)
    this.#topology = topology
    await topology.start()
    void this.#note('all are ready')

    const issuer = new Issuer({
      seed: this.#plan.seed,
      load: this.#plan.load,
      mint: this.#mint,
      protocols: PROTOCOLS[this.#intake],
      endpoints: () => topology.entrance.running?.endpoints,
      resend: this.#settings.resend,
    })
    issuer.start()
    try {
      await runFaults(this.#plan, topology, {
        proxy: destination.proxy,
        tell: (line: string) => void this.#note(line),
        skip: (what: string) => void this.skipped.push(what),
      })
    } finally {
      await issuer.stop()
    }

    await this.#settle(topology, issuer, destination)
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
    if (this.verdict.broken.length > 0) this.broken.push(...(await topology.explain(this.verdict)))
  }

  async close(): Promise<void> {
    await this.#topology?.close()
    await this.#destination?.close()
  }

  /** Writes what is to be run into the folder. */
  async #build(destination: Destination): Promise<Topology> {
    const { queue, break: broken, through, broker, powerLoss, faults, workers } = this.#settings
    const setting = { queue, broken, directory: this.#disk.directory }
    const common = {
      folder: this.#folder,
      configFile: this.#configFile,
      powerLossSeed: powerLoss ? this.#plan.seed : undefined,
      disk: this.#disk,
    }
    if (through === undefined || broker === undefined) {
      const own = {
        count: workers ?? 1,
        ports: workers === undefined || workers === 1 ? undefined : await freePorts(2),
      }
      const config = parsecConfig(this.#plan, setting, destination, this.#intake, own)
      await this.#write(config, this.#plan)
      const faults = this.#plan.processFaults
      return new DirectTopology({ ...common, intake: this.#intake, faults })
    }
    const plan = createKafkaPlan(this.#plan.seed, faults)
    // All runs of a broker have it in common.
    const name = `oracle-${this.#plan.seed}-${randomBytes(6).toString('hex')}`
    const { address } = broker
    const cluster = {
      brokers: address,
      topic: name,
      groupId: name,
      collectorQueue: setting,
      consumerQueues: join(this.#folder, 'consumer-queues'),
    }
    const config = clusterConfig(this.#plan, plan, cluster, destination)
    await this.#write(config, { ...this.#plan, kafka: plan })
    const topic = new KafkaTopic(address, name, name)
    const collectorFaults = this.#plan.processFaults
    return new ThroughKafka({ ...common, plan, broker, topic, collectorFaults })
  }

  async #write(config: string, plan: object): Promise<void> {
    await writeFile(this.#configFile, config)
    await writeFile(join(this.#folder, 'plan.json'), JSON.stringify(plan, undefined, 2))
  }

  /** The faults are over: a fresh record must pass, the queue must drain, the stop must be clean. */
  async #settle(topology: Topology, issuer: Issuer, destination: Destination): Promise<void> {
    void this.#note('the faults are over')
    if (!(await issuer.issueFresh(LIVENESS_MS_MAX))) {
      this.broken.push(
        `no fresh record was accepted within ${LIVENESS_MS_MAX} ms of the last fault`,
      )
    }
    const arrivals = (): Promise<readonly Arrival[]> => destination.arrivals(this.#configFile)
    const books = await topology.drain({ issuer, arrivals })
    void this.#note('nothing is on its way any more')
    if (books === undefined) {
      this.broken.push('records were still on their way long after the last fault')
    } else {
      this.broken.push(...books.flatMap(checkLedger))
      this.#damagedRecords = books.reduce((sum, stats) => sum + damagedRecords(stats), 0)
    }
    if (topology.entrance.running === undefined) this.broken.push('Parsec does not run at the end')
    await topology.stop()
    this.broken.push(...topology.parsecs.flatMap(({ crashes }) => crashes))
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
