import cluster from 'node:cluster'
import type { Logger } from 'pino'
import { type PackedMap, packTree } from '../config/packed-tree.ts'
import { pipelinesOfRole } from '../config/roles.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import type { MapNode } from '../config/tree.ts'
import type { ComponentChanges } from '../pipeline/changes.ts'
import type { PreparedChange } from '../pipeline/pipelines.ts'
import { untilAborted } from '../plugin/abort.ts'
import type {
  ComponentEndpoints,
  PipelinesFactory,
  RunningPipelines,
  WorkersView,
} from '../service/running-pipelines.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { mergedText } from '../telemetry/snapshot.ts'
import { closeHandedConnections } from './handed-connections.ts'
import { mergeHealth } from './merge-health.ts'
import { mergeStats } from './merge-stats.ts'
import type { WorkerStart } from './messages.ts'
import { WorkerSlot } from './worker-slot.ts'

const LOOK_EVERY_MS = 1000
/** What was counted since the last look is not counted when a worker is killed. */
const METRICS_EVERY_LOOKS = 5
const ANSWER_MS_MAX = 2000
/** After the deadline, how long workers may take to give up. */
const GIVE_UP_MS = 1500
const NONE: ComponentChanges = { kept: [], added: [], changed: [], rewired: [], removed: [] }
/** A change of the config has several steps, each with the time of a shutdown. */
const RELOAD_STEPS = 5

interface WorkerPoolOptions {
  readonly role?: string | undefined
  readonly logger: Logger
  readonly metrics: Metrics
  readonly shutdownTimeoutMs: number
  /** The config as it was read, of one that has been checked. */
  readonly treeOf: (config: ServiceConfig) => MapNode
}

/** For `Service`: pipelines that run in as many worker processes as the config asks for. */
export function workerPipelines(
  options: Pick<WorkerPoolOptions, 'shutdownTimeoutMs' | 'treeOf'>,
): PipelinesFactory {
  return (config, { role, logger, metrics }) =>
    new WorkerPool(config, { ...options, role, logger, metrics })
}

/**
 * Worker processes that share the ports, each with all pipelines: the connections are given to them
 * in turn, and nothing else is shared.
 */
class WorkerPool implements RunningPipelines {
  readonly #options: WorkerPoolOptions
  readonly #slots: readonly WorkerSlot[]
  readonly #killAll = (): void => {
    for (const slot of this.#slots) slot.kill()
  }
  #config: PackedMap
  #endpoints: readonly ComponentEndpoints[] = []
  #timer: NodeJS.Timeout | undefined

  /** Throws ConfigError for an unknown role. */
  constructor(config: ServiceConfig, options: WorkerPoolOptions) {
    pipelinesOfRole(config, options.role)
    this.#options = options
    this.#config = packTree(options.treeOf(config))
    const { count } = config.workers
    this.#slots = Array.from({ length: count }, (_, index) => this.#createSlot(index, count))
  }

  /** The first alone: it makes what all need, and says once what is wrong. */
  async start(): Promise<void> {
    // Node's own choice on most systems; the others give most connections to few processes.
    cluster.schedulingPolicy = cluster.SCHED_RR
    // An end of this process without a stop must not leave them behind.
    process.once('exit', this.#killAll)
    const [first, ...others] = this.#slots
    try {
      this.#endpoints = await first!.start()
      await Promise.all(others.map(slot => slot.start()))
    } catch (thrown) {
      await Promise.all(this.#slots.map(slot => slot.stop()))
      throw thrown
    }
    await this.#look(true)
    this.#lookAgain(1)
  }

  async stop(deadline: AbortSignal): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const stopped = Promise.all(this.#slots.map(slot => slot.stop()))
    const ended = stopped.then(() => undefined)
    await untilAborted(ended, deadline)
    const givenUp = new AbortController()
    const timer = setTimeout(() => givenUp.abort(), GIVE_UP_MS)
    await untilAborted(ended, givenUp.signal)
    clearTimeout(timer)
    this.#killAll()
    process.off('exit', this.#killAll)
    const inTime = (await stopped).every(Boolean)
    if (!inTime) throw new Error('not every worker has finished what it had accepted')
  }

  endpoints(): readonly ComponentEndpoints[] {
    return this.#endpoints
  }

  async prepare(config: ServiceConfig, timeoutMs: number): Promise<PreparedChange> {
    const { role, treeOf } = this.#options
    pipelinesOfRole(config, role)
    if (config.workers.oneProcess !== undefined) {
      throw new Error(
        `${this.#slots.length} workers run, but ${config.workers.oneProcess}: restart Parsec for this config`,
      )
    }
    let changes = NONE
    return {
      get changes() {
        return changes
      },
      apply: async () => {
        changes = await this.#reload(packTree(treeOf(config)), timeoutMs)
        return { drained: Promise.resolve() }
      },
    }
  }

  /** All that is known of them comes from the workers. */
  stats(): object {
    return {}
  }

  readonly workers: WorkersView = {
    health: own =>
      mergeHealth(
        own,
        this.#slots.map(slot => ({ state: slot.state(), report: slot.health })),
      ),
    stats: async own => {
      const answers = await Promise.all(
        this.#slots.map(slot => slot.ask({ what: 'stats' }, ANSWER_MS_MAX).catch(() => undefined)),
      )
      const workers = this.#slots.map((slot, i) => ({ ...slot.state(), stats: answers[i] }))
      return {
        ...mergeStats(
          own,
          answers.filter(answer => answer !== undefined),
        ),
        workers,
      }
    },
    metrics: async own => {
      await this.#look(true)
      const all = await Promise.all(this.#slots.map(slot => slot.metrics()))
      return await mergedText([own, ...all.flat()])
    },
  }

  #createSlot(index: number, count: number): WorkerSlot {
    const { logger, metrics, role, shutdownTimeoutMs } = this.#options
    const place = { index, count }
    return new WorkerSlot({
      index,
      logger,
      metrics,
      fork: () => {
        const { process: child } = cluster.fork()
        closeHandedConnections(child)
        return child
      },
      start: (): WorkerStart => ({ place, config: this.#config, role, shutdownTimeoutMs }),
    })
  }

  /**
   * One worker goes first, and shows whether the config can be run. When another one cannot, all go
   * back.
   */
  async #reload(config: PackedMap, stepMs: number): Promise<ComponentChanges> {
    const before = this.#config
    const timeoutMs = stepMs * RELOAD_STEPS
    await Promise.all(this.#slots.map(slot => slot.settled()))
    const present = this.#slots.filter(slot => slot.state().status !== 'down')
    const [first, ...others] = present
    if (first === undefined) throw new Error('no worker is running at this moment: try again')
    const changes = await first.ask({ what: 'reload', config }, timeoutMs)
    // For those that are started from now on.
    this.#config = config
    const done = [first]
    for (const slot of others) {
      try {
        await slot.ask({ what: 'reload', config }, timeoutMs)
        done.push(slot)
      } catch (thrown) {
        // One that has ended meanwhile comes back with the new config.
        if (slot.state().status === 'down') continue
        this.#config = before
        await this.#goBack(done, before, timeoutMs)
        throw thrown
      }
    }
    return changes
  }

  async #goBack(slots: readonly WorkerSlot[], config: PackedMap, timeoutMs: number): Promise<void> {
    for (const slot of slots) {
      try {
        await slot.ask({ what: 'reload', config }, timeoutMs)
      } catch (err) {
        this.#options.logger.error({ err }, `worker ${slot.index} cannot go back; it is replaced`)
        slot.replace()
      }
    }
  }

  async #look(withMetrics: boolean): Promise<void> {
    await Promise.all(this.#slots.map(slot => slot.look(ANSWER_MS_MAX, withMetrics)))
  }

  #lookAgain(looks: number): void {
    this.#timer = setTimeout(() => {
      void this.#look(looks % METRICS_EVERY_LOOKS === 0).then(() => {
        if (this.#timer !== undefined) this.#lookAgain(looks + 1)
      })
    }, LOOK_EVERY_MS)
    this.#timer.unref()
  }
}
