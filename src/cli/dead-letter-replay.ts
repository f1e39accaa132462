import { Command } from 'commander'
import type { ServiceConfig } from '../config/service-config.ts'
import type { StoredLetter } from '../dead-letter/read-letters.ts'
import { type ReplayOutcome, replayLetters } from '../service/replay-letters.ts'
import { createLogger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { addConfigOptions, type ConfigOptions } from './config-options.ts'
import type { CliContext } from './context.ts'
import { counted } from './counted.ts'
import {
  addFilterOptions,
  directoriesOf,
  type FilterOptions,
  filterOf,
  loadLetterConfig,
} from './dead-letter-options.ts'
import { CommandExit, EXIT, UsageError } from './exit-codes.ts'
import { parseRate } from './send-options.ts'

const HELP = `
Examples:
  $ parsec dead-letter replay --config my.yaml --dry-run
  $ parsec dead-letter replay --config my.yaml --destination clickhouse --rate 5000/s
  $ parsec dead-letter replay --config my.yaml --to otlp/backup --since 24h

Each letter is sent under the identity it had, so that ClickHouse stores nothing twice, and is marked
when the destination has confirmed it; a marked letter is never sent again. Only one process can
have an embedded store (chdb://) open: stop Parsec before replaying into it.

Exits with 1 when some letters could not be replayed; they stay.`

interface Options extends ConfigOptions, FilterOptions {
  readonly to?: string
  readonly rate?: number
  readonly dryRun: boolean
  readonly includePartial: boolean
}

/** `parsec dead-letter replay`: sends dead letters to their destination again. */
export function deadLetterReplayCommand(context: CliContext): Command {
  return addFilterOptions(addConfigOptions(new Command('replay')))
    .description('send dead letters to their destination again')
    .option('--to <id>', 'send to this exporter instead of the one that failed')
    .option('--rate <records>', 'at most so many records a second, such as 5000/s', parseRate)
    .option('--dry-run', 'only say what would be sent', false)
    .option(
      '--include-partial',
      'also send whole batches of which nobody knows which records were refused',
      false,
    )
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      const config = await loadLetterConfig(options, context)
      checkTarget(options, config)
      const summary = new Summary(context)
      const interrupt = new AbortController()
      const stop = (): void => interrupt.abort()
      process.once('SIGINT', stop)
      process.once('SIGTERM', stop)
      try {
        await replayLetters({
          config,
          directories: directoriesOf(config),
          filter: filterOf(options),
          to: options.to,
          rate: options.rate,
          dryRun: options.dryRun,
          includePartial: options.includePartial,
          logger: createLogger({
            level: 'error',
            encoding: config.telemetry.logs.encoding,
            resource: config.telemetry.resource,
          }),
          metrics: new Metrics(),
          signal: interrupt.signal,
          onOutcome: (letter, outcome) => summary.add(letter, outcome),
          onTrouble: trouble => context.stderr.write(`${trouble}\n`),
        })
      } finally {
        process.off('SIGINT', stop)
        process.off('SIGTERM', stop)
      }
      summary.print()
      if (summary.hasFailed || interrupt.signal.aborted) throw new CommandExit(EXIT.failure)
    })
}

function checkTarget({ to }: Options, { exporters }: ServiceConfig): void {
  if (to === undefined || exporters.has(to)) return
  const known = [...exporters.keys()].join(', ')
  throw new UsageError(`exporter ${to} is not in the config; there are ${known}`)
}

class Summary {
  readonly #context: CliContext
  readonly #totals = new Map<ReplayOutcome['kind'], { letters: number; records: number }>()

  constructor(context: CliContext) {
    this.#context = context
  }

  get hasFailed(): boolean {
    return this.#totals.has('failed')
  }

  add({ id, metadata }: StoredLetter, outcome: ReplayOutcome): void {
    const { kind } = outcome
    const total = this.#totals.get(kind) ?? { letters: 0, records: 0 }
    this.#totals.set(kind, total)
    total.letters++
    total.records += metadata.records
    const to = 'exporter' in outcome ? ` to ${outcome.exporter}` : ''
    const detail = 'detail' in outcome ? `: ${outcome.detail}` : ''
    const text = `${id} ${kind}${to} (${metadata.records} records)${detail}`
    const stream = kind === 'failed' ? this.#context.stderr : this.#context.stdout
    stream.write(`${text.replace(/\p{Cc}/gu, '?')}\n`)
  }

  print(): void {
    const parts = [...this.#totals].map(
      ([kind, { letters, records }]) =>
        `${kind} ${counted(letters, 'letter')} with ${counted(records, 'record')}`,
    )
    this.#context.stdout.write(parts.length === 0 ? 'nothing to replay\n' : `${parts.join(', ')}\n`)
  }
}
