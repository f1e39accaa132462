import type { Logger } from 'pino'
import type { PipelineConfig, ServiceConfig } from '../config/service-config.ts'
import { DeadLetterStore } from '../dead-letter/store.ts'
import { letterDirectoryOf } from './storages.ts'

/** Where an exporter's dead letters go. */
export type DeadLetterWay =
  | { readonly kind: 'exporter'; readonly id: string }
  | { readonly kind: 'store'; readonly store: DeadLetterStore }

/** Bytes of a store that belongs to one exporter's queue. */
const SIZE_BYTES_MAX = 1024 ** 3

/**
 * Decides where the dead letters of each exporter go: to the exporter that one of its pipelines
 * names, else to `service::dead_letter`, else to a directory beside its queue on disk, else nowhere.
 * An exporter that takes dead letters from others has no store for its own: what it cannot take
 * stays where it came from.
 */
export class DeadLetters {
  readonly #config: ServiceConfig
  readonly #pipelines: readonly PipelineConfig[]
  readonly #logger: Logger
  readonly #stores = new Map<string, DeadLetterStore>()

  /** `pipelines` are those of this process. */
  constructor(config: ServiceConfig, pipelines: readonly PipelineConfig[], logger: Logger) {
    this.#config = config
    this.#pipelines = pipelines
    this.#logger = logger
  }

  /** Ids of the pipelines that the exporter serves. */
  pipelinesOf(exporter: string): string[] {
    return this.#pipelines
      .filter(({ exporters }) => exporters.includes(exporter))
      .map(({ id }) => id)
  }

  wayOf(exporter: string): DeadLetterWay | undefined {
    const named = this.#pipelines.find(
      ({ exporters, deadLetter }) =>
        deadLetter !== undefined && deadLetter !== exporter && exporters.includes(exporter),
    )
    if (named?.deadLetter !== undefined) return { kind: 'exporter', id: named.deadLetter }
    if (this.#pipelines.some(({ deadLetter }) => deadLetter === exporter)) return undefined
    const { deadLetter } = this.#config
    const directory = deadLetter?.directory ?? letterDirectoryOf(this.#config, exporter)
    if (directory === undefined) return undefined
    return { kind: 'store', store: this.#store(directory, deadLetter?.sizeBytesMax) }
  }

  /** One for each directory. */
  #store(directory: string, sizeBytesMax = SIZE_BYTES_MAX): DeadLetterStore {
    const store =
      this.#stores.get(directory) ??
      new DeadLetterStore({ directory, sizeBytesMax, logger: this.#logger })
    this.#stores.set(directory, store)
    return store
  }
}
