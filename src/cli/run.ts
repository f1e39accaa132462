import { relative } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { parseDurationMs } from '../config/fields.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { ServiceConfig } from '../config/service-config.ts'
import { runService } from '../service/run-service.ts'
import { PrimaryConfigs } from '../workers/primary-configs.ts'
import { isWorker, runWorker } from '../workers/run-worker.ts'
import { workerPipelines } from '../workers/worker-pool.ts'
import {
  addConfigOptions,
  type ConfigOptions,
  loadFromOptions,
  usableConfig,
} from './config-options.ts'
import type { CliContext } from './context.ts'
import { CommandExit, EXIT, UsageError } from './exit-codes.ts'
import { SHIPPED_CONFIG } from './shipped-config.ts'

const SHUTDOWN_TIMEOUT_MS = 30_000
/** What still holds the process after a clean stop, such as an idle connection, gets this long. */
const LINGER_MS_MAX = 3000
const NEWEST =
  'SELECT Timestamp, ServiceName, SeverityText, Body FROM otel_logs ORDER BY Timestamp DESC LIMIT 10'

const HELP = `
Examples:
  $ parsec run                                                   config/standalone.yaml
  $ parsec run --config my.yaml --set receivers::otlp::protocols::http::endpoint=0.0.0.0:4318
  $ parsec run --config cluster.yaml --role collector            only the pipelines of that role
  $ parsec run --config my.yaml --watch                          runs what the file says, also later

SIGHUP, or POST http://localhost:8888/reload, reads the config again: what has not changed keeps
running, a config with errors changes nothing.
SIGTERM or Ctrl-C finishes what was accepted and exits with 0; with 1 when --shutdown-timeout was
not enough. Once more stops at once. While it runs, http://localhost:8888/health tells the state.`

interface Options extends ConfigOptions {
  readonly role?: string
  readonly watch?: boolean
  readonly shutdownTimeout: number
}

/** `parsec run`: runs the pipelines of a config until it is told to stop. */
export function runCommand(context: CliContext): Command {
  return addConfigOptions(new Command('run'))
    .description('run the pipelines of a config')
    .option('--role <name>', 'only the pipelines that service::roles gives to this role')
    .option(
      '--shutdown-timeout <duration>',
      'longest time to finish what was accepted, such as 30s',
      parseTimeout,
      SHUTDOWN_TIMEOUT_MS,
    )
    .option('--watch', 'go over to the config by itself when one of its files changes')
    .addHelpText('after', HELP)
    .action(async ({ config: given, set, role, watch, shutdownTimeout }: Options) => {
      if (isWorker()) return endWith(await runWorker(context.plugins))
      const sources = given ?? [SHIPPED_CONFIG]
      const options = { config: sources, ...(set ? { set } : {}) }
      const first = await loadFromOptions(options, context)
      const { workers } = usableConfig(first, context)
      const primary = workers.count > 1 ? new PrimaryConfigs() : undefined
      const own = (loaded: LoadedConfig): LoadedConfig => primary?.take(loaded) ?? loaded
      const loaded = own(first)
      if (watch && loaded.files.length === 0) {
        throw new UsageError('--watch needs a config that is read from a file')
      }
      const stoppedWell = await runService({
        config: loaded.config!,
        load: async () => own(await loadFromOptions(options, context)),
        watch: watch ? loaded.files : undefined,
        role,
        shutdownTimeoutMs: shutdownTimeout,
        queryCommand: queryCommand(loaded.config!, sources),
        ...(primary && {
          createPipelines: workerPipelines({
            shutdownTimeoutMs: shutdownTimeout,
            treeOf: config => primary.treeOf(config),
          }),
        }),
        source: process,
        exit: code => process.exit(code),
        stdout: context.stdout,
      })
      endWith(stoppedWell)
    })
}

/** Throws for the exit code of a process that did not end well. */
function endWith(stoppedWell: boolean): void {
  exitSoon(stoppedWell ? EXIT.ok : EXIT.failure)
  if (!stoppedWell) throw new CommandExit(EXIT.failure)
}

function parseTimeout(text: string): number {
  const ms = parseDurationMs(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('Write it as 500ms, 30s or 2m.')
}

/** The command that shows what was stored, if an exporter of this config can be asked. */
function queryCommand(config: ServiceConfig, sources: readonly string[]): string | undefined {
  const canBeAsked = [...config.exporters.values()].some(
    exporter => exporter.plugin.query !== undefined,
  )
  if (!canBeAsked) return undefined
  const isShipped = sources.length === 1 && sources[0] === SHIPPED_CONFIG
  const options = isShipped ? [] : sources.map(source => `--config ${shellWord(source)} `)
  return `npx parsec query ${options.join('')}"${NEWEST}"`
}

function shellWord(source: string): string {
  const near = source.startsWith('/') ? relative(process.cwd(), source) : source
  const word = near.startsWith('..') ? source : near
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function exitSoon(code: number): void {
  setTimeout(() => process.exit(code), LINGER_MS_MAX).unref()
}
