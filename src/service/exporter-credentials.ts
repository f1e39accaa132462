import type { Logger } from 'pino'
import type { ServiceConfig } from '../config/service-config.ts'
import { Authenticators } from '../plugin/authenticator.ts'
import { Door } from '../plugin/door.ts'
import { StatusBoard } from '../plugin/status-board.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { Extensions } from './extensions.ts'

export interface ExporterCredentials {
  readonly authenticators: Authenticators
  stop(deadline: AbortSignal): Promise<void>
}

/**
 * Starts, for an exporter that runs without the service around it, the extension that its `auth`
 * names, and no other: its neighbours may hold files or ports that a running service has. Rejects
 * with an Error that names the extension when it cannot start.
 */
export async function startCredentials(
  config: ServiceConfig,
  exporterId: string,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): Promise<ExporterCredentials> {
  const own = config.exporters.get(exporterId)?.config as
    | { readonly auth?: { readonly authenticator: string } }
    | undefined
  const id = own?.auth?.authenticator
  const authenticators = new Authenticators()
  const extensions = new Extensions({
    config: { ...config, serviceExtensions: id === undefined ? [] : [id] },
    logger,
    metrics,
    authenticators,
    door: new Door(),
    status: new StatusBoard(),
    health: () => ({ status: 'ok', ready: true, since: new Date().toISOString(), components: [] }),
  })
  await extensions.start()
  return { authenticators, stop: deadline => extensions.stop(deadline) }
}
