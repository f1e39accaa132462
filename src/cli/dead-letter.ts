import { Command } from 'commander'
import type { CliContext } from './context.ts'
import { deadLetterLsCommand } from './dead-letter-ls.ts'
import { deadLetterReplayCommand } from './dead-letter-replay.ts'
import { deadLetterShowCommand } from './dead-letter-show.ts'

const HELP = `
Examples:
  $ parsec dead-letter ls --config my.yaml
  $ parsec dead-letter show 20261126T120000123Z-4f3a9c21-58 --config my.yaml
  $ parsec dead-letter replay --config my.yaml --destination clickhouse

Without a directory and --config they look where config/standalone.yaml keeps dead letters.`

/** `parsec dead-letter`: what destinations have refused for good, and another try. */
export function deadLetterCommand(context: CliContext): Command {
  return new Command('dead-letter')
    .description('list, explain and replay what destinations have refused for good')
    .addCommand(deadLetterLsCommand(context))
    .addCommand(deadLetterShowCommand(context))
    .addCommand(deadLetterReplayCommand(context))
    .addHelpText('after', HELP)
}
