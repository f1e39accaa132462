import type { ConfiguredComponent } from '../config/service-config.ts'
import type {
  Component,
  ComponentKind,
  ComponentStatus,
  PluginContext,
  ProcessServices,
} from '../plugin/component.ts'
import { StatusEntry } from '../plugin/status-board.ts'
import { createPluginContext } from './plugin-context.ts'

export interface InstanceOptions extends ProcessServices {
  readonly kind: ComponentKind
  readonly configured: ConfiguredComponent
  /** For processors, of which each pipeline has its own. */
  readonly pipeline?: string | undefined
}

/** One component created from one config, and what it says of itself. */
export class Instance<C extends Component = Component> implements Component {
  readonly kind: ComponentKind
  readonly configured: ConfiguredComponent
  readonly context: PluginContext
  readonly component: C
  /** On the status board once the component is part of what runs. */
  readonly entry: StatusEntry
  #hasReported = false
  #isRetired = false
  #stopping: Promise<void> | undefined

  /** Throws an Error that names the component when `create` does. */
  constructor(options: InstanceOptions, create: (context: PluginContext) => C) {
    const { configured, ...shared } = options
    const { id } = configured
    const { kind, pipeline } = shared
    this.kind = kind
    this.configured = configured
    this.entry = new StatusEntry(kind, id, pipeline)
    this.context = createPluginContext({
      ...shared,
      id,
      reportStatus: (status, detail) => {
        this.#hasReported = true
        this.report(status, detail)
      },
    })
    try {
      this.component = create(this.context)
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      throw new Error(`${kind} ${id}: ${message}`, { cause: thrown })
    }
  }

  report(status: ComponentStatus, detail?: string): void {
    if (!this.#isRetired) this.entry.report(status, detail)
  }

  /** Has the component said anything of itself? Then its word stands. */
  get hasReported(): boolean {
    return this.#hasReported
  }

  /** Another one takes its place: what it still says of itself is of no interest. */
  retire(): void {
    this.#isRetired = true
  }

  async start(): Promise<void> {
    await this.component.start?.()
  }

  /** The component is stopped once, however often it is asked for. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping ??= this.component.stop?.(deadline) ?? Promise.resolve()
    await this.#stopping
  }

  endpoints(): readonly string[] {
    return this.component.endpoints?.() ?? []
  }
}
