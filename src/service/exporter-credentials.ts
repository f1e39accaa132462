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
 * Starts, for exporters that run without the service around them, the extensions that their `auth`
 * names, and no others: their neighbours may hold files or ports that a running service has. Rejects
 * with an Error that names the extension when it cannot start.
 */
export async function startCredentials(
  config: ServiceConfig,
  exporterIds: readonly string[],
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): Promise<ExporterCredentials> {
  const ids = new Set(exporterIds.flatMap(id => authenticatorOf(config, id) ?? []))
  const authenticators = new Authenticators()
  const extensions = new Extensions({
    config: { ...config, serviceExtensions: [...ids] },
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

function authenticatorOf({ exporters }: ServiceConfig, id: string): string | undefined {
  const own = exporters.get(id)?.config as
    | { readonly auth?: { readonly authenticator: string } }
    | undefined
  return own?.auth?.authenticator
}
