import type { Logger } from 'pino'
import type { ServiceConfig } from '../config/service-config.ts'
import type { Extension } from '../plugin/component.ts'
import type { Door } from '../plugin/door.ts'
import type { HealthReport } from '../plugin/health.ts'
import type { StatusBoard } from '../plugin/status-board.ts'
import { componentLogger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { ComponentEndpoints } from './running-pipelines.ts'

export interface ExtensionsOptions {
  readonly config: ServiceConfig
  readonly logger: Logger
  readonly metrics: Metrics
  readonly door: Door
  readonly status: StatusBoard
  readonly health: () => HealthReport
}

interface Running {
  readonly id: string
  readonly extension: Extension
  readonly logger: Logger
  readonly report: ReturnType<StatusBoard['add']>
}

/** The extensions of `service::extensions`: started in that order, stopped in the reverse. */
export class Extensions {
  readonly #running: readonly Running[]

  constructor({ config, logger, metrics, door, status, health }: ExtensionsOptions) {
    this.#running = config.serviceExtensions.map(id => {
      const configured = config.extensions.get(id)
      if (configured === undefined) throw new Error(`extension ${id} is not configured`)
      const report = status.add('extension', id)
      const own = componentLogger(logger, 'extension', id)
      const extension = configured.plugin.create(configured.config, {
        id,
        kind: 'extension',
        logger: own,
        metrics,
        door,
        reportStatus: report,
        health,
      })
      return { id, extension, logger: own, report }
    })
  }

  /** Stops at the first that cannot start; `stop` then ends those before it. */
  async start(): Promise<void> {
    for (const { id, extension, report } of this.#running) {
      try {
        await extension.start?.()
        report('ok')
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause)
        report('permanent_error', message)
        throw new Error(`extension ${id}: ${message}`, { cause })
      }
    }
  }

  /** Every one is stopped, whatever the others do; failures are logged. */
  async stop(deadline: AbortSignal): Promise<void> {
    for (const { extension, logger, report } of [...this.#running].reverse()) {
      report('stopping')
      try {
        await extension.stop?.(deadline)
      } catch (err) {
        logger.error({ err }, 'extension did not stop cleanly')
      }
      report('stopped')
    }
  }

  endpoints(): ComponentEndpoints[] {
    return this.#running.map(({ id, extension }) => ({
      label: `extension ${id}`,
      endpoints: extension.endpoints?.() ?? [],
    }))
  }
}
