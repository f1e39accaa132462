import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/problem.ts'
import { renderProblems } from '../config/render-problem.ts'
import { version } from '../telemetry/version.ts'
import { componentsCommand } from './components.ts'
import type { CliContext, CommandFactory } from './context.ts'
import { deadLetterCommand } from './dead-letter.ts'
import { CommandExit, EXIT, UsageError } from './exit-codes.ts'
import { printConfigCommand } from './print-config.ts'
import { printDdlCommand } from './print-ddl.ts'
import { queryCommand } from './query.ts'
import { queueCommand } from './queue.ts'
import { replayCommand } from './replay.ts'
import { runCommand } from './run.ts'
import { sendCommand } from './send.ts'
import { validateCommand } from './validate.ts'

/** All commands, in the order of `--help`. A new one is one file and one line here. */
const COMMANDS: readonly CommandFactory[] = [
  runCommand,
  sendCommand,
  queryCommand,
  validateCommand,
  componentsCommand,
  printConfigCommand,
  printDdlCommand,
  deadLetterCommand,
  replayCommand,
  queueCommand,
]

const HELP = `
Start here:
  $ parsec run --config config/standalone.yaml       receive OTLP on 4317 and 4318, store on disk
  $ parsec query "SELECT count() FROM otel_logs"     ask the store
  $ parsec validate --config my.yaml                 check a config without starting it
  $ parsec components                                what a config can be made of

Exit codes: 0 ok, 1 failed while running, 2 wrong command line, 78 errors in the config.
Every command explains itself: parsec help <command>.`

/** Runs one command line (without `node` and the script); resolves to the exit code. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  try {
    await createProgram(context).parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    return report(error, context)
  }
}

function createProgram(context: CliContext): Command {
  const program = new Command('parsec')
    .description('Parsec: OpenTelemetry logs in, a chain of plugins, ClickHouse and more out.')
    .version(version, '-V, --version', 'print the version')
    .addHelpText('after', HELP)
  for (const create of COMMANDS) program.addCommand(create(context))
  for (const command of allCommands(program)) {
    command
      .exitOverride()
      .showHelpAfterError('(add --help for what is possible)')
      .configureOutput({
        writeOut: text => context.stdout.write(text),
        writeErr: text => context.stderr.write(text),
      })
  }
  return program
}

/** The program, its commands and theirs. */
function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)]
}

function report(error: unknown, { stderr }: CliContext): number {
  if (error instanceof CommandExit) return error.exitCode
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof ConfigError) {
    stderr.write(`${renderProblems(error.problems)}\n`)
    return EXIT.config
  }
  stderr.write(`parsec: ${error instanceof Error ? error.message : String(error)}\n`)
  return error instanceof UsageError ? EXIT.usage : EXIT.failure
}
