import { Command, Option } from 'commander'
import { recordsOf } from '../dead-letter/letter-records.ts'
import { partialNote } from '../dead-letter/metadata.ts'
import { readLetters, type StoredLetter } from '../dead-letter/read-letters.ts'
import { encodeLogsJson } from '../otlp/encode-logs-json.ts'
import { addConfigOptions, type ConfigOptions } from './config-options.ts'
import type { CliContext } from './context.ts'
import { chosenDirectories } from './dead-letter-options.ts'
import { parseCount } from './send-options.ts'

const RECORDS_MAX = 20
/** One record may be as large as a request. */
const TEXT_CHARS_MAX = 1024 * 1024

interface Options extends ConfigOptions {
  readonly format: 'text' | 'json'
  readonly records: number
}

/** `parsec dead-letter show`: everything that is known of one letter, and its records. */
export function deadLetterShowCommand(context: CliContext): Command {
  return addConfigOptions(new Command('show'))
    .description('explain one dead letter and print its records as OTLP JSON')
    .argument('<id>', 'as `ls` shows it')
    .argument('[directory]', 'a directory of dead letters; default: those of the config')
    .addOption(
      new Option('--format <format>', 'for people, or one JSON object')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--records <count>', 'records to print at most', parseCount, RECORDS_MAX)
    .action(async (id: string, directory: string | undefined, options: Options) => {
      const directories = await chosenDirectories(directory, options, context)
      const letter = await find(id, directories)
      if (letter === undefined) {
        throw new Error(
          `there is no dead letter ${id} in ${directories.join(', ')}: see parsec dead-letter ls`,
        )
      }
      const text = options.format === 'json' ? asJson(letter, options) : asText(letter, options)
      context.stdout.write(`${text}\n`)
    })
}

async function find(id: string, directories: readonly string[]): Promise<StoredLetter | undefined> {
  for (const directory of directories) {
    for await (const { letters } of readLetters(directory)) {
      const letter = letters.find(letter => letter.id === id)
      if (letter !== undefined) return letter
    }
  }
  return undefined
}

function asJson(letter: StoredLetter, { records: max }: Options): string {
  const { id, directory, metadata, replayed } = letter
  const { request, omitted } = requestOf(letter, max)
  return JSON.stringify(
    { id, directory, ...metadata, replayed: replayed ?? null, omitted_records: omitted, request },
    null,
    2,
  )
}

function asText(letter: StoredLetter, { records: max }: Options): string {
  const { id, directory, metadata, logs, replayed } = letter
  const { time, destination, pipelines, reason, code, message, origin } = metadata
  const { request, omitted } = requestOf(letter, max)
  const facts = Object.entries({
    id,
    directory,
    time,
    destination,
    pipelines: pipelines.join(', '),
    reason: `${reason} (${code})`,
    message,
    records: partialNote(metadata) ?? String(metadata.records),
    bytes: String(logs.length),
    'request id': metadata.request_id,
    origin,
    replayed: replayed === undefined ? 'no' : `${replayed.time} to ${replayed.exporter}`,
  }).map(([name, value]) => `${`${name}:`.padEnd(13)}${value.replace(/\p{Cc}/gu, '?')}`)
  const json = JSON.stringify(request, null, 2)
  const isLong = json.length > TEXT_CHARS_MAX
  const left = omitted === 0 ? [] : [`... and ${omitted} more records (--records N shows more)`]
  const cut = isLong ? [`... cut after ${TEXT_CHARS_MAX} characters (--format json is whole)`] : []
  return [...facts, '', json.slice(0, TEXT_CHARS_MAX), ...left, ...cut].join('\n')
}

/** The first records as OTLP JSON. */
function requestOf(letter: StoredLetter, max: number): { request: unknown; omitted: number } {
  const batch = recordsOf(letter)
  const shown = batch.slice(0, Math.min(max, batch.count))
  const request: unknown = JSON.parse(encodeLogsJson(shown).toString())
  return { request, omitted: batch.count - shown.count }
}
