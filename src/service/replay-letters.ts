import type { Logger } from 'pino'
import type { ServiceConfig } from '../config/service-config.ts'
import { type LetterFilter, matchesFilter } from '../dead-letter/letter-filter.ts'
import { recordsOf } from '../dead-letter/letter-records.ts'
import { lettersOf } from '../dead-letter/letters-of.ts'
import { partialNote } from '../dead-letter/metadata.ts'
import { endReplayedFiles, readLetters, type StoredLetter } from '../dead-letter/read-letters.ts'
import { addMark } from '../dead-letter/replayed-marks.ts'
import { DeadLetterStore } from '../dead-letter/store.ts'
import { createLoneExporter } from '../pipeline/lone-exporter.ts'
import { type Clock, sleep, systemClock } from '../plugin/clock.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { type ExporterCredentials, startCredentials } from './exporter-credentials.ts'

export interface ReplayOptions {
  readonly config: ServiceConfig
  readonly directories: readonly string[]
  readonly filter: LetterFilter
  /** Id of the exporter to send to; absent = the one that could not deliver. */
  readonly to?: string | undefined
  /** Log records a second; absent = as fast as the destination takes them. */
  readonly rate?: number | undefined
  /** Also the batches of which nobody knows which records were refused. */
  readonly includePartial: boolean
  /** Look only. */
  readonly dryRun: boolean
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock?: Clock
  readonly signal: AbortSignal
  /** Told of each letter, in order. */
  readonly onOutcome: (letter: StoredLetter, outcome: ReplayOutcome) => void
  /** Sentences about what cannot be read. */
  readonly onTrouble: (trouble: string) => void
}

/** What became of one letter. */
export type ReplayOutcome =
  | { readonly kind: 'replayed'; readonly exporter: string; readonly detail?: string }
  | { readonly kind: 'would replay'; readonly exporter: string }
  | { readonly kind: 'skipped' | 'failed'; readonly detail: string }

const STOP_MS = 10_000
/** Bytes that a store made for records refused again may take, when the config has no bound. */
const SIZE_BYTES_MAX = 1024 ** 3

/**
 * Sends dead letters to their destination again, each under its recorded origin, and marks those
 * that were taken. What was taken is marked after the destination's answer, so that a crash makes a
 * letter go twice at worst, under the same origin. When a destination has trouble that may pass, its
 * other letters are left as they are. Rejects only when a directory cannot be read.
 */
export async function replayLetters(options: ReplayOptions): Promise<void> {
  const replay = new Replay(options)
  try {
    for (const directory of options.directories) await replay.directory(directory)
  } finally {
    await replay.stop()
  }
}

type Destination = ReturnType<typeof createLoneExporter>

class Replay {
  readonly #options: ReplayOptions
  readonly #destinations = new Map<string, Destination>()
  readonly #credentials: ExporterCredentials[] = []
  readonly #stores = new Map<string, DeadLetterStore>()
  /** Why an exporter gets nothing any more. */
  readonly #closed = new Map<string, string>()
  readonly #startMs: number
  readonly #clock: Clock
  #records = 0

  constructor(options: ReplayOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#startMs = this.#clock.now()
  }

  async directory(directory: string): Promise<void> {
    const { filter, dryRun, signal, onOutcome, onTrouble } = this.#options
    for await (const { letters, troubles } of readLetters(directory)) {
      for (const trouble of troubles) onTrouble(trouble)
      for (const letter of letters) {
        if (letter.replayed !== undefined || !matchesFilter(letter, filter)) continue
        if (signal.aborted) return
        onOutcome(letter, await this.#letter(letter))
      }
    }
    if (!dryRun) await endReplayedFiles(directory)
  }

  async stop(): Promise<void> {
    const deadline = AbortSignal.timeout(STOP_MS)
    for (const destination of this.#destinations.values()) await destination.stop(deadline)
    for (const credentials of this.#credentials) await credentials.stop(deadline)
    for (const store of this.#stores.values()) await store.stop()
  }

  async #letter(letter: StoredLetter): Promise<ReplayOutcome> {
    const { to, dryRun, includePartial } = this.#options
    const exporter = to ?? letter.metadata.destination
    const note = partialNote(letter.metadata)
    if (note !== undefined && !includePartial) {
      return { kind: 'skipped', detail: `${note}: add --include-partial to send all of them` }
    }
    const closed = this.#closed.get(exporter)
    if (closed !== undefined) return { kind: 'failed', detail: closed }
    if (dryRun) return this.#dryRun(exporter)
    try {
      const detail = await this.#send(letter, exporter)
      const time = new Date().toISOString()
      await addMark(letter.directory, letter.file, letter.offset, { time, exporter })
      return { kind: 'replayed', exporter, ...(detail === undefined ? {} : { detail }) }
    } catch (thrown) {
      const error = PipelineError.from(thrown)
      if (error.retryable) {
        this.#closed.set(exporter, `not tried: ${exporter} has failed before`)
      }
      return { kind: 'failed', detail: error.message }
    }
  }

  #dryRun(exporter: string): ReplayOutcome {
    if (this.#options.config.exporters.has(exporter)) return { kind: 'would replay', exporter }
    return { kind: 'failed', detail: unknownExporter(exporter) }
  }

  /** Rejects when the letter stays as it is; resolves with what is to be said about it. */
  async #send(letter: StoredLetter, exporter: string): Promise<string | undefined> {
    const { signal } = this.#options
    const destination = await this.#destination(exporter)
    const records = readAgain(letter)
    await this.#pace(records.count)
    try {
      await destination.consume(records, signal)
      return undefined
    } catch (thrown) {
      const error = PipelineError.from(thrown)
      if (error.rejected === undefined) throw error
      const { destination: from, pipelines } = letter.metadata
      const store = await this.#store(letter.directory)
      await store.write(lettersOf(records, error, { destination: from, pipelines }), signal)
      return `${error.rejected.count} of ${records.count} records were refused again and are a letter of their own now: ${error.message}`
    }
  }

  async #destination(exporter: string): Promise<Destination> {
    const known = this.#destinations.get(exporter)
    if (known !== undefined) return known
    const { config, logger, metrics } = this.#options
    const configured = config.exporters.get(exporter)
    if (configured === undefined) throw PipelineError.retryable(unknownExporter(exporter))
    const credentials = await startCredentials(config, [exporter], { logger, metrics })
    this.#credentials.push(credentials)
    const { authenticators } = credentials
    const destination = createLoneExporter(configured, { logger, metrics, authenticators })
    this.#destinations.set(exporter, destination)
    await destination.start()
    return destination
  }

  async #store(directory: string): Promise<DeadLetterStore> {
    const known = this.#stores.get(directory)
    if (known !== undefined) return known
    const { config, logger } = this.#options
    const sizeBytesMax = config.deadLetter?.sizeBytesMax ?? SIZE_BYTES_MAX
    const store = new DeadLetterStore({ directory, sizeBytesMax, logger })
    await store.start()
    this.#stores.set(directory, store)
    return store
  }

  async #pace(count: number): Promise<void> {
    const { rate, signal } = this.#options
    if (rate !== undefined) {
      const dueMs = this.#startMs + (this.#records / rate) * 1000
      await sleep(this.#clock, Math.max(0, dueMs - this.#clock.now()), signal)
    }
    this.#records += count
  }
}

/** What cannot be read now will not be later, but nothing is gained by dropping it. */
function readAgain(letter: StoredLetter): ReturnType<typeof recordsOf> {
  try {
    return recordsOf(letter)
  } catch (cause) {
    throw PipelineError.permanent((cause as Error).message, { code: 'data_loss', cause })
  }
}

function unknownExporter(exporter: string): string {
  return `exporter ${exporter} is not in the config: name another one with --to`
}
