import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { ExportChain } from '../export/chain.ts'
import { WORKER_FOLDER } from '../export/create-queue.ts'
import { sleep, systemClock } from '../plugin/clock.ts'
import { drainDisk } from './disk-rest.ts'
import { type ExporterSpec, queueDirectory } from './exporter-spec.ts'

/** How long to wait before a queue is tried again that another process still has open. */
const RETRY_MS = [1000, 2000, 5000, 15_000] as const
const STOP_MS = 10_000

/** What makes and counts the chains: the part of the exporter. */
export interface Adopter {
  readonly label: string
  createChain(spec: ExporterSpec): ExportChain
  /** Its figures count from now on. */
  adopt(chain: ExportChain): void
  /** It has stopped. */
  forget(chain: ExportChain, isHandedOver: boolean): void
}

/**
 * Queues on disk of worker processes that there are no more: the first worker, or the only process,
 * sends what is in them, in lots and under names as they were begun, beside its own queue.
 */
export class AdoptedQueues {
  readonly #part: Adopter
  readonly #spec: ExporterSpec
  readonly #logger: Logger
  readonly #stopping = new AbortController()
  #working: Promise<void> = Promise.resolve()
  #deadline: AbortSignal | undefined

  constructor(part: Adopter, spec: ExporterSpec, logger: Logger) {
    this.#part = part
    this.#spec = spec
    this.#logger = logger
  }

  /** Returns once it is known what there is; sends in the background. Never rejects. */
  async start(): Promise<void> {
    const { worker } = this.#spec.chain
    if (worker !== undefined && worker.index > 0) return
    const directory = queueDirectory(this.#spec)
    if (directory === undefined) return
    const indexes = await leftWorkers(directory, worker?.count ?? 1)
    this.#working = this.#all(indexes).catch((err: unknown) => {
      this.#logger.error({ err, directory }, `${this.#part.label}: queues of workers are left`)
    })
  }

  /** What has not been sent stays on disk. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#deadline = deadline
    this.#stopping.abort()
    await this.#working
  }

  async #all(indexes: readonly number[]): Promise<void> {
    for (const index of indexes) await this.#one(index)
  }

  async #one(index: number): Promise<void> {
    const count = Number.POSITIVE_INFINITY
    const spec = { ...this.#spec, chain: { ...this.#spec.chain, worker: { index, count } } }
    const directory = queueDirectory(spec)!
    const chain = await this.#open(spec, directory)
    if (chain === undefined) return
    this.#part.adopt(chain)
    const { signal } = this.#stopping
    const recovered = chain.stats().queue?.items ?? 0
    if (recovered > 0) {
      this.#logger.info(
        { records: recovered, directory },
        `${this.#part.label} sends what worker ${index} has left, which is no more`,
      )
    }
    await drainDisk(chain, spec, signal)
    await chain.stop(this.#deadline ?? AbortSignal.timeout(STOP_MS))
    const rest = chain.stats().queue?.items ?? 0
    this.#part.forget(chain, false)
    if (rest === 0) await removeQueue(directory)
  }

  /** Undefined when the process stops before it could be opened. */
  async #open(spec: ExporterSpec, directory: string): Promise<ExportChain | undefined> {
    const { signal } = this.#stopping
    for (let i = 0; !signal.aborted; i++) {
      const chain = this.#part.createChain(spec)
      try {
        await chain.start?.()
        return chain
      } catch (err) {
        await chain.stop(AbortSignal.timeout(STOP_MS))
        const message = `${this.#part.label} cannot send what a worker has left; trying again`
        this.#logger.warn({ err, directory }, message)
      }
      await sleep(systemClock, RETRY_MS[Math.min(i, RETRY_MS.length - 1)]!, signal)
    }
    return undefined
  }
}

/** Indexes of the workers from `count` on that have a queue in there. */
async function leftWorkers(directory: string, count: number): Promise<number[]> {
  const names = await readdir(directory).catch(() => [])
  return names
    .map(name => Number(WORKER_FOLDER.exec(name)?.[1] ?? -1))
    .filter(index => index >= count)
    .sort((a, b) => a - b)
}

/** All of it is sent. Bytes that a repair has put aside are kept for whoever wants to look at them. */
async function removeQueue(directory: string): Promise<void> {
  const names = await readdir(directory)
  if (names.includes('damaged')) return
  for (const name of names) await rm(join(directory, name), { force: true })
  await rm(directory, { recursive: true })
}
