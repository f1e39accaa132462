import { Command, Option } from 'commander'
import { type PrintOptions, printConfig } from '../config/print-config.ts'
import { ConfigError } from '../config/problem.ts'
import { renderProblems } from '../config/render-problem.ts'
import { addConfigOptions, type ConfigOptions, loadFromOptions } from './config-options.ts'
import type { CliContext } from './context.ts'

const HELP = `
Examples:
  $ parsec print-config --config base.yaml --config site.yaml
  $ parsec print-config --config my.yaml --with-defaults --format json

Secrets are shown as [REDACTED] unless --mode unredacted is given.`

type Options = ConfigOptions & PrintOptions

/** `parsec print-config`: the config as it is after merging, expansion and `--set`. */
export function printConfigCommand(context: CliContext): Command {
  return addConfigOptions(new Command('print-config'))
    .alias('print-initial-config')
    .description('print the config after merging and expansion')
    .addOption(
      new Option('--mode <mode>', 'hide secrets or show them')
        .choices(['redacted', 'unredacted'])
        .default('redacted'),
    )
    .addOption(
      new Option('--format <format>', 'form of the output')
        .choices(['yaml', 'json'])
        .default('yaml'),
    )
    .option('--with-defaults', 'also print the keys that are not given, with their defaults', false)
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const { config, problems, effective } = await loadFromOptions(options, context)
      if (!config) throw new ConfigError(problems)
      if (problems.length > 0) context.stderr.write(`${renderProblems(problems)}\n`)
      context.stdout.write(printConfig(effective, context.plugins, options))
    })
}
