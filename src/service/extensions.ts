import type { Logger } from 'pino'
import type { ConfiguredComponent, ServiceConfig } from '../config/service-config.ts'
import type { Extension, ProcessServices } from '../plugin/component.ts'
import type { ExtensionPlugin } from '../plugin/define-plugin.ts'
import type { HealthReport } from '../plugin/health.ts'
import { type StatusBoard, StatusEntry } from '../plugin/status-board.ts'
import { componentLogger } from '../telemetry/logger.ts'
import type { ComponentEndpoints } from './running-pipelines.ts'

export interface ExtensionsOptions extends ProcessServices {
  readonly config: ServiceConfig
  readonly status: StatusBoard
  readonly health: () => HealthReport
}

/** One extension and what it was created from. */
export interface RunningExtension {
  readonly configured: ConfiguredComponent<ExtensionPlugin>
  readonly extension: Extension
  readonly logger: Logger
  /** On the status board once it belongs to what runs. */
  readonly entry: StatusEntry
}

/** The extensions of `service::extensions`: started in that order, stopped in the reverse. */
export class Extensions {
  readonly #options: ExtensionsOptions
  #running: readonly RunningExtension[]

  constructor(options: ExtensionsOptions) {
    this.#options = options
    this.#running = configuredOf(options.config).map(configured => this.create(configured))
    for (const { entry } of this.#running) options.status.put(entry)
  }

  get running(): readonly RunningExtension[] {
    return this.#running
  }

  /** What runs from now on; the caller has started and stopped what is new and gone. */
  replace(running: readonly RunningExtension[]): void {
    const { status } = this.#options
    for (const one of this.#running) if (!running.includes(one)) status.remove(one.entry)
    for (const one of running) if (!this.#running.includes(one)) status.put(one.entry)
    this.#running = running
  }

  /** Not started, and not on the status board. */
  create(configured: ConfiguredComponent<ExtensionPlugin>): RunningExtension {
    const { logger, metrics, authenticators, door, health } = this.#options
    const { id, plugin, config } = configured
    const entry = new StatusEntry('extension', id)
    const own = componentLogger(logger, 'extension', id)
    const extension = plugin.create(config, {
      id,
      kind: 'extension',
      logger: own,
      metrics,
      authenticators,
      door,
      reportStatus: (status, detail) => entry.report(status, detail),
      health,
    })
    return { configured, extension, logger: own, entry }
  }

  /** Stops at the first that cannot start; `stop` then ends those before it. */
  async start(): Promise<void> {
    for (const one of this.#running) await startExtension(one)
  }

  /** Every one is stopped, whatever the others do; failures are logged. */
  async stop(deadline: AbortSignal): Promise<void> {
    for (const one of this.#running.toReversed()) await stopExtension(one, deadline)
  }

  endpoints(): ComponentEndpoints[] {
    return this.#running.map(({ configured, extension }) => ({
      label: `extension ${configured.id}`,
      endpoints: extension.endpoints?.() ?? [],
    }))
  }
}

/** Rejects with an Error that names the extension. */
export async function startExtension({
  configured,
  extension,
  entry,
}: RunningExtension): Promise<void> {
  try {
    await extension.start?.()
    entry.report('ok')
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    entry.report('permanent_error', message)
    throw new Error(`extension ${configured.id}: ${message}`, { cause })
  }
}

/** Never rejects; a failure is logged. */
export async function stopExtension(
  { extension, logger, entry }: RunningExtension,
  deadline: AbortSignal,
): Promise<void> {
  entry.report('stopping')
  try {
    await extension.stop?.(deadline)
  } catch (err) {
    logger.error({ err }, 'extension did not stop cleanly')
  }
  entry.report('stopped')
}

/** Those that `service::extensions` starts, in its order. Throws when one is not configured. */
export function configuredOf(config: ServiceConfig): ConfiguredComponent<ExtensionPlugin>[] {
  return config.serviceExtensions.map(id => {
    const configured = config.extensions.get(id)
    if (configured === undefined) throw new Error(`extension ${id} is not configured`)
    return configured
  })
}
