import { Command, InvalidArgumentError } from 'commander'
import { parseDurationMs } from '../config/fields.ts'
import { addConfigOptions, type ConfigOptions, loadOrThrow } from './config-options.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './exit-codes.ts'
import { SHIPPED_CONFIG } from './shipped-config.ts'
import { queryStore, StoreChoiceError } from './stores.ts'

const TIMEOUT_MS = 60_000
/** More than this belongs into a file by the store's own tools. */
const RESULT_BYTES_MAX = 64 * 1024 ** 2

const HELP = `
Examples:
  $ parsec query "SELECT count() FROM otel_logs"
  $ parsec query "SELECT Timestamp, ServiceName, Body FROM otel_logs ORDER BY Timestamp DESC LIMIT 10"
  $ parsec query --config my.yaml --format JSONEachRow "SELECT * FROM otel_logs LIMIT 1"
  $ parsec query --config config/postgres.yaml --format csv "SELECT timestamp, body FROM otel_logs LIMIT 9"

Without --config it asks the store of config/standalone.yaml. An embedded store is asked through the
process that has it open. Only statements that read are allowed.`

interface Options extends ConfigOptions {
  readonly exporter?: string
  readonly format?: string
  readonly timeout: number
}

/** `parsec query`: read-only SQL against the store that a config writes to. */
export function queryCommand(context: CliContext): Command {
  return addConfigOptions(new Command('query'))
    .description('ask the store with SQL')
    .argument('<sql>', 'one statement that reads')
    .option('--exporter <id>', 'which exporter to ask, when several can be')
    .option(
      '--format <name>',
      'a format of the store, such as JSONEachRow or CSV; default: a table',
    )
    .option('--timeout <duration>', 'longest time for the answer', parseTimeout, TIMEOUT_MS)
    .addHelpText('after', HELP)
    .action(async (sql: string, { config, set, exporter, format, timeout }: Options) => {
      const sources = { config: config ?? [SHIPPED_CONFIG], ...(set ? { set } : {}) }
      const loaded = await loadOrThrow(sources, context)
      const query = { sql, format, timeoutMs: timeout, resultBytesMax: RESULT_BYTES_MAX }
      try {
        const signal = AbortSignal.timeout(timeout)
        context.stdout.write(Buffer.from(await queryStore(loaded, exporter, query, signal)))
      } catch (error) {
        throw error instanceof StoreChoiceError ? new UsageError(error.message) : error
      }
    })
}

function parseTimeout(text: string): number {
  const ms = parseDurationMs(text)
  if (ms !== undefined && ms > 0) return ms
  throw new InvalidArgumentError('Write it as 500ms, 30s or 2m.')
}
