import type { ComponentKind, ComponentStatus } from './component.ts'
import type { ComponentHealth } from './health.ts'

interface Entry {
  readonly id: string
  readonly kind: ComponentKind
  readonly pipeline: string | undefined
  status: ComponentStatus
  detail: string | undefined
  since: string
}

/**
 * The last status of every component. A component that has never reported is `starting`; repeating
 * a status keeps its `since` and takes the new detail.
 */
export class StatusBoard {
  readonly #entries: Entry[] = []
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
    const since = this.#now().toISOString()
    const entry: Entry = { id, kind, pipeline, status: 'starting', detail: undefined, since }
    this.#entries.push(entry)
    return (status, detail): void => {
      if (status !== entry.status) entry.since = this.#now().toISOString()
      entry.status = status
      entry.detail = detail
    }
  }

  /** In the order of `add`. */
  report(): ComponentHealth[] {
    return this.#entries.map(({ id, kind, pipeline, status, detail, since }) => ({
      id,
      kind,
      ...(pipeline === undefined ? {} : { pipeline }),
      status,
      ...(detail === undefined ? {} : { detail }),
      since,
    }))
  }
}
