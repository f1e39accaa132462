import cluster from 'node:cluster'
import type { Logger } from 'pino'
import { checkConfig } from '../config/load.ts'
import { type PackedMap, unpackTree } from '../config/packed-tree.ts'
import { ConfigError } from '../config/problem.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import { configForWorker } from '../config/worker-config.ts'
import { buildPipelines } from '../pipeline/pipelines.ts'
import type { Plugin } from '../plugin/define-plugin.ts'
import type { WorkerPlace } from '../plugin/worker-place.ts'
import { handleFaults } from '../service/faults.ts'
import { Service } from '../service/service.ts'
import { createLogger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { version } from '../telemetry/version.ts'
import type { Answers, Question, WorkerStart } from './messages.ts'
import { PrimaryLink } from './primary-link.ts'

/** Is this process one that `WorkerPool` has started? */
export function isWorker(): boolean {
  return cluster.isWorker && process.send !== undefined
}

/**
 * Runs one worker: the whole service but for its status server, as the primary process tells it.
 * Ends when that says so or is gone, and for a fault that a process should not live on with. True
 * when it ended as asked, with everything accepted finished.
 */
export async function runWorker(plugins: readonly Plugin[]): Promise<boolean> {
  const primary = new PrimaryLink()
  try {
    return await new Worker(primary, await primary.start, plugins).run()
  } catch (thrown) {
    primary.send({
      type: 'fault',
      error: thrown instanceof Error ? thrown.message : String(thrown),
    })
    return false
  } finally {
    primary.close()
  }
}

class Worker {
  readonly #primary: PrimaryLink
  readonly #place: WorkerPlace
  readonly #plugins: readonly Plugin[]
  readonly #logger: Logger
  readonly #metrics = new Metrics()
  readonly #service: Service
  #healthy = true

  constructor(primary: PrimaryLink, start: WorkerStart, plugins: readonly Plugin[]) {
    this.#primary = primary
    this.#place = start.place
    this.#plugins = plugins
    const { role, shutdownTimeoutMs } = start
    const config = this.#read(start.config)
    const { logs, resource } = config.telemetry
    this.#logger = createLogger({
      ...logs,
      resource: { 'service.name': 'parsec', 'service.version': version, ...resource },
      worker: String(start.place.index),
    })
    this.#service = new Service({
      config,
      role,
      createPipelines: buildPipelines,
      logger: this.#logger,
      metrics: this.#metrics,
      shutdownTimeoutMs,
      hasAdmin: false,
    })
  }

  async run(): Promise<boolean> {
    const primary = this.#primary
    const service = this.#service
    primary.answer(question => this.#answer(question))
    const ended = Promise.race([primary.stopped, this.#fault()])
    const started = service.start()
    // A start that fails after the end has nobody left to tell.
    await Promise.race([started, ended])
    started.catch(() => undefined)
    if (service.isRunning) primary.send({ type: 'started', endpoints: service.endpoints() })
    await ended
    if (!process.connected) this.#logger.warn('the primary process is gone: finishing and ending')
    const inTime = await service.stop()
    primary.send({ type: 'ending', metrics: await service.metrics() })
    return inTime && this.#healthy
  }

  /** Resolves when an error that nobody caught makes an end of the process the better choice. */
  #fault(): Promise<void> {
    return new Promise(resolve => {
      handleFaults({
        source: process,
        logger: this.#logger,
        metrics: this.#metrics,
        fail: ({ stack }) => {
          this.#healthy = false
          this.#primary.send({ type: 'fault', error: `an error that nobody caught: ${stack}` })
          resolve()
        },
      })
    })
  }

  #read(packed: PackedMap): ServiceConfig {
    const { config, problems } = checkConfig(unpackTree(packed, 'the config'), this.#plugins)
    if (config === undefined) throw new ConfigError(problems)
    return configForWorker(config, this.#place)
  }

  async #answer(question: Question): Promise<Answers[Question['what']]> {
    switch (question.what) {
      case 'health':
        return this.#service.health()
      case 'stats':
        return await this.#service.stats()
      case 'metrics':
        return await this.#service.metrics()
      case 'reload':
        return await this.#service.reload(this.#read(question.config))
    }
  }
}
