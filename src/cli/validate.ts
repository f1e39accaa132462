import { Command, Option } from 'commander'
import { renderProblems } from '../config/render-problem.ts'
import { addConfigOptions, type ConfigOptions, loadFromOptions } from './config-options.ts'
import type { CliContext } from './context.ts'
import { CommandExit, EXIT } from './exit-codes.ts'

const HELP = `
Examples:
  $ parsec validate --config config/standalone.yaml
  $ parsec validate --config base.yaml --config site.yaml --set exporters::debug::verbosity=basic
  $ parsec validate --config my.yaml --format json | jq '.problems[].message'

Exits with 0 when the config can be run (warnings allowed), with 78 when it cannot.`

/** `parsec validate`: all mistakes of a config at once, without starting anything. */
export function validateCommand(context: CliContext): Command {
  return addConfigOptions(new Command('validate'))
    .description('check a config and show every mistake with its line')
    .addOption(
      new Option('--format <format>', 'text on stderr, or JSON on stdout')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', HELP)
    .action(async (options: ConfigOptions & { format: 'text' | 'json' }) => {
      const { config, problems } = await loadFromOptions(options, context)
      const valid = config !== undefined
      if (options.format === 'json') {
        context.stdout.write(`${JSON.stringify({ valid, problems }, null, 2)}\n`)
      } else {
        if (problems.length > 0) context.stderr.write(`${renderProblems(problems)}\n`)
        if (valid) context.stdout.write('the config is valid\n')
      }
      if (!valid) throw new CommandExit(EXIT.config)
    })
}
