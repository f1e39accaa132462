import type { Logger } from 'pino'
import { formatHostPort } from '../net/listen.ts'
import {
  jsonReply,
  type StatusReply,
  type StatusRoute,
  StatusServer,
} from '../net/status-server.ts'
import type { HealthReport } from '../plugin/health.ts'
import type { MetricsText } from '../telemetry/snapshot.ts'
import type { ReloadOutcome } from './reloader.ts'

const ENDPOINT_KEY = 'service::telemetry::metrics::endpoint'

export interface AdminServerOptions {
  readonly logger: Logger
  readonly metrics: () => Promise<MetricsText>
  readonly health: () => HealthReport
  readonly stats: () => Promise<unknown>
  /** Reads the config again; undefined: there is no `/reload`. */
  readonly reload?: (() => Promise<ReloadOutcome>) | undefined
}

/**
 * Serves `/metrics`, `/health`, `/health/live`, `/health/ready` and `/stats`, read-only, and
 * `POST /reload` for programs on this machine.
 */
export class AdminServer {
  readonly #server: StatusServer

  constructor(options: AdminServerOptions) {
    const { logger, metrics, health, stats, reload } = options
    this.#server = new StatusServer({
      routes: new Map<string, StatusRoute>([
        ['/metrics', async () => ({ status: 200, ...(await metrics()) })],
        ['/health', () => healthReply(health())],
        ['/health/live', () => jsonReply(200, { status: 'ok' })],
        ['/health/ready', () => readyReply(health())],
        ['/stats', async () => jsonReply(200, await stats())],
      ]),
      actions: new Map(
        reload === undefined ? [] : [['/reload', async () => reloadReply(await reload())]],
      ),
      onError: (err, path) => logger.error({ err, path }, 'cannot answer'),
    })
  }

  /** Gives the URL really bound. @throws an Error that names the key when the port is taken. */
  async start(endpoint: string): Promise<string> {
    return `http://${formatHostPort(await this.#server.start(endpoint, ENDPOINT_KEY))}`
  }

  async stop(deadline: AbortSignal): Promise<void> {
    await this.#server.stop(deadline)
  }
}

function healthReply(report: HealthReport): StatusReply {
  return jsonReply(report.ready ? 200 : 503, report)
}

/** 400 for a config with errors; 409 for one that could not be run: the old one runs. */
function reloadReply(outcome: ReloadOutcome): StatusReply {
  const status = { success: 200, invalid: 400, failed: 409 }[outcome.result]
  return jsonReply(status, outcome)
}

function readyReply({ ready, status }: HealthReport): StatusReply {
  return jsonReply(ready ? 200 : 503, { status, ready })
}
