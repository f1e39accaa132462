import { tmpdir } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { DESTINATIONS, type DestinationName } from './destinations/destination.ts'
import { BREAKS, type Break, QUEUES, type QueueMode } from './parsec-config.ts'
import { DESTINATION_FAULTS, type FaultKind, PROCESS_FAULTS } from './plan.ts'

export interface OracleOptions {
  readonly runs: number
  /** Of the first run; the next ones count up. */
  readonly seed: number
  readonly destination: DestinationName
  readonly queue: QueueMode
  readonly faults: readonly FaultKind[]
  readonly resend: boolean
  readonly powerLoss: boolean
  readonly break: Break | undefined
  readonly parallel: number
  /** Folders of failed runs go here. */
  readonly keepFailed: string
}

const FAULTS: readonly FaultKind[] = [...PROCESS_FAULTS, ...DESTINATION_FAULTS]

/** Reads the command line; ends the process for `--help` and mistakes. */
export function parseOptions(args: readonly string[]): OracleOptions {
  const options = new Command('chaos')
    .description('the delivery oracle: hurts a real Parsec and proves that it keeps its promise')
    .option('--runs <n>', 'how many runs', parseCount, 1)
    .option('--seed <n>', 'of the first run; the next ones count up', parseCount, 1)
    .addOption(
      new Option('--destination <name>', 'where the records go')
        .choices(DESTINATIONS)
        .default('clickhouse'),
    )
    .addOption(new Option('--queue <mode>', 'the sending queue').choices(QUEUES).default('file'))
    .option('--faults <list>', `of ${FAULTS.join(',')}`, parseFaults, FAULTS)
    .option('--resend', 'senders repeat what was not acknowledged', false)
    .option('--power-loss', 'a kill takes what the queue has not synced', false)
    .addOption(
      new Option('--break <what>', 'break the promise, so that the oracle must find it').choices(
        BREAKS,
      ),
    )
    .option('--parallel <n>', 'runs at the same time', parseCount, 1)
    .option('--keep-failed <dir>', 'where folders of failed runs stay', tmpdir())
    .parse(args, { from: 'user' })
    .opts<Omit<OracleOptions, 'break'> & { readonly break?: Break }>()
  const { break: broken, queue, powerLoss } = options
  if (broken !== undefined && (queue !== 'file' || !powerLoss)) {
    throw new Error(`--break ${broken} shows with --queue file --power-loss only`)
  }
  return { ...options, break: broken }
}

/** The command line that repeats one run. */
export function repeatCommand(seed: number, options: OracleOptions): string {
  const { destination, queue, faults, resend, powerLoss, break: broken } = options
  const words = [
    `npm run chaos -- --seed ${seed}`,
    `--destination ${destination}`,
    `--queue ${queue}`,
    `--faults ${faults.join(',')}`,
    ...(resend ? ['--resend'] : []),
    ...(powerLoss ? ['--power-loss'] : []),
    ...(broken === undefined ? [] : [`--break ${broken}`]),
  ]
  return words.join(' ')
}

function parseCount(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('Write a whole number above 0.')
}

function parseFaults(text: string): FaultKind[] {
  const names = text.split(',').filter(name => name !== '')
  const unknown = names.filter(name => !(FAULTS as readonly string[]).includes(name))
  if (unknown.length === 0) return names as FaultKind[]
  throw new InvalidArgumentError(`${unknown.join(', ')}: there are ${FAULTS.join(', ')}.`)
}
