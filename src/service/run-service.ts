import type { EventEmitter } from 'node:events'
import type { DestinationStream, Logger } from 'pino'
import type { LoadedConfig } from '../config/load.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import { buildPipelines } from '../pipeline/pipelines.ts'
import type { ComponentStatus } from '../plugin/component.ts'
import { createLogger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { version } from '../telemetry/version.ts'
import { bannerLines } from './banner.ts'
import { ConfigWatch } from './config-watch.ts'
import { handleFaults } from './faults.ts'
import { Reloader } from './reloader.ts'
import type { PipelinesFactory } from './running-pipelines.ts'
import { Service } from './service.ts'
import { handleSignals } from './signals.ts'

export interface RunServiceOptions {
  readonly config: ServiceConfig
  /** Reads the config again, for SIGHUP and `POST /reload`. */
  readonly load: () => Promise<LoadedConfig>
  /** Reload by itself when one of these files changes; absent: only when told to. */
  readonly watch?: readonly string[] | undefined
  /** Absent: every pipeline of the config. */
  readonly role?: string | undefined
  /** Stands in for the real ones in tests. */
  readonly createPipelines?: PipelinesFactory
  readonly shutdownTimeoutMs: number
  /** As in the banner; undefined when nothing stored can be asked. */
  readonly queryCommand: string | undefined
  /** Signals and faults: `process`, or a stand-in. */
  readonly source: Pick<EventEmitter, 'on' | 'off'>
  /** Ends the process at once. */
  readonly exit: (code: number) => void
  /** For the banner. */
  readonly stdout: NodeJS.WritableStream
  /** For log lines; stderr unless told. */
  readonly logDestination?: DestinationStream
}

/**
 * Runs the service until a signal or a fatal fault ends it. True when it ended as asked, with
 * everything accepted finished. Rejects when it cannot start, with nothing left
 * running; with ConfigError for an unknown role.
 */
export async function runService(options: RunServiceOptions): Promise<boolean> {
  const { config, role, source, shutdownTimeoutMs, logDestination: destination } = options
  const { logs, resource } = config.telemetry
  const logger = createLogger({
    ...logs,
    resource: { 'service.name': 'parsec', 'service.version': version, ...resource },
    ...(destination ? { destination } : {}),
  })
  logger.info({ version, node: process.version, role }, 'starting')
  const metrics = new Metrics()
  const { createPipelines = buildPipelines } = options
  const service = new Service({
    config,
    role,
    createPipelines,
    logger,
    metrics,
    shutdownTimeoutMs,
    reload: () => reloader.reload('POST /reload'),
  })
  const { reloader, watch } = createReloader(service, options, { logger, metrics })
  await watch?.start()
  let healthy = true
  let end: () => void = () => undefined
  const ended = new Promise<void>(resolve => {
    end = resolve
  })
  const abandon = (): void => options.exit(1)
  const releases = [
    handleSignals({
      source,
      logger,
      shutdownTimeoutMs,
      stop: () => end(),
      abandon,
      reload: () => void reloader.reload('SIGHUP'),
    }),
    () => watch?.stop(),
    handleFaults({
      source,
      logger,
      metrics,
      fail: () => {
        healthy = false
        end()
      },
    }),
  ]
  try {
    const started = service.start()
    // Only until the signal: a start that fails after it has nobody left to tell.
    await Promise.race([started, ended])
    started.catch(() => undefined)
    if (service.isRunning) announce(service, options, logger)
    await ended
    const inTime = await service.stop()
    logger.info('stopped')
    return inTime && healthy
  } finally {
    for (const release of releases) release()
  }
}

function createReloader(
  service: Service,
  { load, watch: given }: RunServiceOptions,
  common: { readonly logger: Logger; readonly metrics: Metrics },
): { readonly reloader: Reloader; readonly watch: ConfigWatch | undefined } {
  let files = given ?? []
  const reloader = new Reloader({
    ...common,
    load: async () => {
      const loaded = await load()
      // Those it was started with stay: a file that is missing now may come back.
      files = [...new Set([...(given ?? []), ...loaded.files])]
      return loaded
    },
    apply: config => service.reload(config),
  })
  const onChange = (): void => void reloader.reload('a config file has changed')
  const { logger } = common
  const watch = given && new ConfigWatch({ files: () => files, onChange, logger })
  return { reloader, watch }
}

/** What records have to wait for; also what a person has to mend does not end the service. */
const TROUBLES: ReadonlySet<ComponentStatus> = new Set(['recoverable_error', 'permanent_error'])

function announce(service: Service, options: RunServiceOptions, logger: Logger): void {
  const { config, queryCommand, stdout } = options
  const { adminUrl } = service
  const { workers } = config
  const endpoints = service.endpoints()
  const troubles = service
    .health()
    .components.filter(({ status }) => TROUBLES.has(status))
    .map(({ kind, id, detail = 'not ready' }) => `${kind} ${id}: ${detail}`)
  const lines = bannerLines({ endpoints, adminUrl, queryCommand, workers, troubles })
  if (config.telemetry.logs.encoding === 'console') {
    stdout.write(`\n${lines.join('\n')}\n\n`)
  } else {
    for (const line of lines) logger.info(line.trim())
  }
}
