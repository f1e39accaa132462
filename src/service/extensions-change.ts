import type { Logger } from 'pino'
import type { ServiceConfig } from '../config/service-config.ts'
import type { ComponentChanges } from '../pipeline/changes.ts'
import { changedKeys, sameConfig } from '../pipeline/same-config.ts'
import {
  configuredOf,
  type Extensions,
  type RunningExtension,
  startExtension,
  stopExtension,
} from './extensions.ts'

/**
 * The way of the extensions to a new config: those that changed stop before their successors start,
 * since both may want the same address; those that are gone stop last, when nothing needs them.
 */
export class ExtensionsChange {
  readonly changes: Omit<ComponentChanges, 'rewired'>
  readonly #extensions: Extensions
  readonly #before: readonly RunningExtension[]
  readonly #after: readonly RunningExtension[]
  readonly #logger: Logger
  readonly #started: RunningExtension[] = []
  readonly #stopped: RunningExtension[] = []

  /** Creates the new extensions and starts nothing. Throws when one cannot be created. */
  constructor(extensions: Extensions, config: ServiceConfig, logger: Logger) {
    this.#extensions = extensions
    this.#logger = logger
    this.#before = extensions.running
    this.#after = configuredOf(config).map(configured => {
      const known = this.#before.find(one => one.configured.id === configured.id)
      const isSame = known !== undefined && sameConfig(known.configured, configured)
      return isSame ? known : extensions.create(configured)
    })
    this.changes = this.#compare()
  }

  /** Rejects, with the old ones running, when one cannot start; names it. */
  async apply(deadline: AbortSignal): Promise<void> {
    try {
      for (const one of this.#after.filter(one => !this.#before.includes(one))) {
        const predecessor = this.#before.find(idIs(one))
        if (predecessor !== undefined) {
          this.#stopped.push(predecessor)
          await stopExtension(predecessor, deadline)
        }
        this.#started.push(one)
        await startExtension(one)
      }
    } catch (thrown) {
      await this.undo(deadline)
      throw thrown
    }
    this.#extensions.replace(this.#after)
  }

  /** Goes back to the old config. Never rejects. */
  async undo(deadline: AbortSignal): Promise<void> {
    for (const one of this.#started.toReversed()) await stopExtension(one, deadline)
    let running = this.#before
    for (const old of this.#stopped) {
      try {
        const renewed = this.#extensions.create(old.configured)
        running = running.map(one => (one === old ? renewed : one))
        await startExtension(renewed)
      } catch (err) {
        this.#logger.error({ err }, `extension ${old.configured.id} could not be started again`)
      }
    }
    this.#extensions.replace(running)
  }

  /** Stops those that are gone. Never rejects. */
  async finish(deadline: AbortSignal): Promise<void> {
    const gone = this.#before.filter(
      one => !this.#after.includes(one) && !this.#stopped.includes(one),
    )
    for (const one of gone.toReversed()) await stopExtension(one, deadline)
  }

  #compare(): Omit<ComponentChanges, 'rewired'> {
    const labels = (list: readonly RunningExtension[]): string[] =>
      list.map(({ configured }) => `extension ${configured.id}`)
    const isNew = (one: RunningExtension): boolean => !this.#before.includes(one)
    return {
      kept: labels(this.#after.filter(one => !isNew(one))),
      added: labels(this.#after.filter(one => isNew(one) && !this.#before.some(idIs(one)))),
      changed: this.#after.filter(isNew).flatMap(one => {
        const before = this.#before.find(idIs(one))
        if (before === undefined) return []
        const keys = changedKeys(before.configured.config, one.configured.config)
        return [`extension ${one.configured.id} (${keys.join(', ')})`]
      }),
      removed: labels(this.#before.filter(one => !this.#after.some(idIs(one)))),
    }
  }
}

function idIs({ configured }: RunningExtension): (other: RunningExtension) => boolean {
  return other => other.configured.id === configured.id
}
