import { Command } from 'commander'
import { addConfigOptions, type ConfigOptions, loadOrThrow } from './config-options.ts'
import type { CliContext } from './context.ts'
import { UsageError } from './exit-codes.ts'
import { SHIPPED_CONFIG } from './shipped-config.ts'
import { StoreChoiceError, storeDdl } from './stores.ts'

const HELP = `
Examples:
  $ parsec print-ddl --config my.yaml > schema.sql
  $ parsec print-ddl --config my.yaml --exporter clickhouse/archive

For those who own their schema: run these statements yourself and set create_schema: false.`

interface Options extends ConfigOptions {
  readonly exporter?: string
}

/** `parsec print-ddl`: the statements that would create the tables of a config's stores. */
export function printDdlCommand(context: CliContext): Command {
  return addConfigOptions(new Command('print-ddl'))
    .description('print the SQL that creates the tables')
    .option('--exporter <id>', 'only those of this exporter')
    .addHelpText('after', HELP)
    .action(async ({ config, set, exporter }: Options) => {
      const sources = { config: config ?? [SHIPPED_CONFIG], ...(set ? { set } : {}) }
      const loaded = await loadOrThrow(sources, context)
      try {
        context.stdout.write(storeDdl(loaded, exporter))
      } catch (error) {
        throw error instanceof StoreChoiceError ? new UsageError(error.message) : error
      }
    })
}
