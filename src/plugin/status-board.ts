import type { ComponentKind, ComponentStatus } from './component.ts'
import type { ComponentHealth } from './health.ts'

/**
 * What one component last said of itself. Before its first word it is `starting`; repeating a status
 * keeps its `since` and takes the new detail.
 */
export class StatusEntry {
  readonly #id: string
  readonly #kind: ComponentKind
  readonly #pipeline: string | undefined
  readonly #now: () => Date
  #status: ComponentStatus = 'starting'
  #detail: string | undefined
  #since: string

  constructor(kind: ComponentKind, id: string, pipeline?: string, now = () => new Date()) {
    this.#kind = kind
    this.#id = id
    this.#pipeline = pipeline
    this.#now = now
    this.#since = now().toISOString()
  }

  report(status: ComponentStatus, detail?: string): void {
    if (status !== this.#status) this.#since = this.#now().toISOString()
    this.#status = status
    this.#detail = detail
  }

  health(): ComponentHealth {
    return {
      id: this.#id,
      kind: this.#kind,
      ...(this.#pipeline === undefined ? {} : { pipeline: this.#pipeline }),
      status: this.#status,
      ...(this.#detail === undefined ? {} : { detail: this.#detail }),
      since: this.#since,
    }
  }
}

/** The last status of every component of the service. */
export class StatusBoard {
  readonly #entries: StatusEntry[] = []
  readonly #now: () => Date

  constructor(now: () => Date = () => new Date()) {
    this.#now = now
  }

  /** Adds a component and gives the function it reports through. */
  add(
    kind: ComponentKind,
    id: string,
    pipeline?: string,
  ): (status: ComponentStatus, detail?: string) => void {
    const entry = new StatusEntry(kind, id, pipeline, this.#now)
    this.put(entry)
    return (status, detail) => entry.report(status, detail)
  }

  /** Shows an entry: at the place of another one that then is gone, or at the end. */
  put(entry: StatusEntry, inPlaceOf?: StatusEntry): void {
    const at = inPlaceOf === undefined ? -1 : this.#entries.indexOf(inPlaceOf)
    if (at < 0) this.#entries.push(entry)
    else this.#entries[at] = entry
  }

  /** What is not on the board may still report, but nobody sees it. */
  remove(entry: StatusEntry): void {
    const at = this.#entries.indexOf(entry)
    if (at >= 0) this.#entries.splice(at, 1)
  }

  report(): ComponentHealth[] {
    return this.#entries.map(entry => entry.health())
  }
}
