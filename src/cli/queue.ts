import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { lockDirectory, lockHolder } from '../queue/log/directory-lock.ts'
import { exportAll, exportQueue } from '../queue/tools/export-queue.ts'
import { listQueue } from '../queue/tools/list-queue.ts'
import { type QueueFiles, readQueue } from '../queue/tools/read-queue.ts'
import { repairQueue } from '../queue/tools/repair-queue.ts'
import { verifyQueue } from '../queue/tools/verify-queue.ts'
import type { CliContext } from './context.ts'
import { CommandExit, EXIT } from './exit-codes.ts'
import { damageText, queueText, verificationText } from './queue-text.ts'
import { writeBatch } from './write-batch.ts'

const HELP = `
Examples:
  $ parsec queue ls .parsec/queue/clickhouse          what is in it, also while Parsec runs
  $ parsec queue verify .parsec/queue/clickhouse      read and check every record; exit 1 if damaged
  $ parsec queue repair .parsec/queue/clickhouse      put damaged bytes aside; Parsec must be stopped
  $ parsec queue export DIR > unsent.jsonl            what is not delivered, as OTLP JSON lines

A queue's directory is sending_queue::directory, or exporter_NAME in that of a file_storage.`

interface ListOptions {
  readonly format: 'table' | 'json'
}

interface ExportOptions {
  readonly format: 'json' | 'proto'
  readonly all?: true
}

/** `parsec queue`: looks at the files of a sending queue, and mends them. */
export function queueCommand(context: CliContext): Command {
  const { stdout } = context
  const format = (choices: readonly string[]): Option =>
    new Option('--format <name>', 'how to write it').choices(choices).default(choices[0])
  const command = new Command('queue')
    .description('look at, check, repair or export a queue on disk')
    .addHelpText('after', HELP)
  command
    .command('ls')
    .description('list the files and count what waits')
    .argument('<directory>')
    .addOption(format(['table', 'json']))
    .action(async (directory: string, options: ListOptions) => {
      const report = await listQueue(await open(directory))
      const holder = await lockHolder(resolve(directory))
      const text =
        options.format === 'json'
          ? `${JSON.stringify({ ...report, holder }, null, 2)}\n`
          : queueText(report, holder, directory)
      stdout.write(text)
    })
  command
    .command('verify')
    .description('read and check every record')
    .argument('<directory>')
    .action(async (directory: string) => {
      const verification = await verifyQueue(await open(directory))
      stdout.write(verificationText(verification))
      if (verification.damages.length > 0) throw new CommandExit(EXIT.failure)
    })
  command
    .command('repair')
    .description('save damaged bytes beside the queue and make it whole')
    .argument('<directory>')
    .action(async (directory: string) => {
      stdout.write(await repair(directory))
    })
  command
    .command('export')
    .description('write what is not delivered to stdout; the queue stays as it is')
    .argument('<directory>')
    .option('--all', 'also what is delivered and still in the files')
    .addOption(format(['json', 'proto']))
    .action(async (directory: string, options: ExportOptions) => {
      const queue = await open(directory)
      const batches = options.all ? exportAll(queue) : exportQueue(queue)
      for await (const batch of batches) await writeBatch(stdout, batch, options.format)
    })
  return command
}

async function open(directory: string): Promise<QueueFiles> {
  const path = resolve(directory)
  try {
    await access(path)
  } catch (error) {
    throw new Error(`${directory} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  const queue = await readQueue(path)
  if (queue.segments.count === 0 && queue.journal.generation === 0) {
    throw new Error(`${directory} is no queue: it has neither segments nor cursor files`)
  }
  return queue
}

async function repair(directory: string): Promise<string> {
  const queue = await open(directory)
  const lock = await lockDirectory(resolve(directory), 'parsec queue repair')
  try {
    const repairs = await repairQueue(queue)
    if (repairs.length === 0) return 'nothing is damaged\n'
    return repairs.map(one => `${damageText(one)}\n  saved as ${one.saved}\n`).join('')
  } finally {
    await lock.release()
  }
}
