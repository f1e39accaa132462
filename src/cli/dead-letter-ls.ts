import { Command, Option } from 'commander'
import { matchesFilter } from '../dead-letter/letter-filter.ts'
import { readLetters, type StoredLetter } from '../dead-letter/read-letters.ts'
import { addConfigOptions, type ConfigOptions } from './config-options.ts'
import type { CliContext } from './context.ts'
import { counted } from './counted.ts'
import {
  addFilterOptions,
  chosenDirectories,
  type FilterOptions,
  filterOf,
} from './dead-letter-options.ts'

const HELP = `
Examples:
  $ parsec dead-letter ls --config my.yaml --reason rejected --since 24h
  $ parsec dead-letter ls .parsec/dead-letter --format json | jq .message

"rejected" counts the refused records where the destination did not say which; such a letter holds
the whole batch.`

interface Options extends ConfigOptions, FilterOptions {
  readonly format: 'table' | 'json'
}

const COLUMNS = ['id', 'time', 'destination', 'reason', 'records', 'rejected', 'bytes', 'replayed']

/** `parsec dead-letter ls`: one line a letter, oldest first. */
export function deadLetterLsCommand(context: CliContext): Command {
  return addFilterOptions(addConfigOptions(new Command('ls')))
    .description('list dead letters')
    .argument('[directory]', 'a directory of dead letters; default: those of the config')
    .addOption(
      new Option('--format <format>', 'a table, or one JSON object a line')
        .choices(['table', 'json'])
        .default('table'),
    )
    .addHelpText('after', HELP)
    .action(async (directory: string | undefined, options: Options) => {
      const filter = filterOf(options)
      const total = { letters: 0, records: 0, open: 0 }
      for (const chosen of await chosenDirectories(directory, options, context)) {
        for await (const { letters, troubles } of readLetters(chosen)) {
          for (const trouble of troubles) context.stderr.write(`${trouble}\n`)
          for (const letter of letters.filter(letter => matchesFilter(letter, filter))) {
            if (options.format === 'json') context.stdout.write(`${JSON.stringify(row(letter))}\n`)
            else {
              if (total.letters === 0) context.stdout.write(line(COLUMNS))
              context.stdout.write(line(Object.values(cells(letter))))
            }
            total.letters++
            total.records += letter.metadata.rejected ?? letter.metadata.records
            if (letter.replayed === undefined) total.open++
          }
        }
      }
      if (options.format === 'json') return
      context.stdout.write(
        total.letters === 0
          ? 'no dead letters\n'
          : `${counted(total.letters, 'letter')}, ${counted(total.records, 'record')}, ${counted(total.open, 'letter')} not replayed\n`,
      )
    })
}

/** For machines: everything but the records. */
function row({ id, directory, metadata, logs, replayed }: StoredLetter): object {
  return { id, directory, ...metadata, bytes: logs.length, replayed: replayed ?? null }
}

function cells({ id, metadata, logs, replayed }: StoredLetter): Record<string, string> {
  const { time, destination, reason, records, rejected } = metadata
  return {
    id,
    time,
    destination,
    reason,
    records: String(records),
    rejected: String(rejected ?? '-'),
    bytes: String(logs.length),
    replayed: replayed?.time ?? '-',
  }
}

/** Letters come one by one, so widths are those of usual values. */
const WIDTHS = [34, 24, 16, 20, 8, 8, 10, 24]

function line(values: readonly string[]): string {
  const padded = values.map((value, i) => printable(value).padEnd(WIDTHS[i] ?? 0))
  return `${padded.join('  ').trimEnd()}\n`
}

/** Names come from files, and a terminal obeys control characters. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?')
}
