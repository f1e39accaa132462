import { tmpdir } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { DESTINATIONS, type DestinationName } from './destinations/destination.ts'
import {
  BREAKS,
  type Break,
  INTAKES,
  type Intake,
  QUEUES,
  type QueueMode,
} from './parsec-config.ts'
import {
  BROKER_FAULTS,
  DESTINATION_FAULTS,
  type FaultKind,
  GROUP_FAULTS,
  PROCESS_FAULTS,
  WORKER_FAULTS,
} from './plan.ts'
import { WAYS, type Way } from './topologies/topology.ts'

export interface OracleOptions {
  readonly runs: number
  /** Of the first run; the next ones count up. */
  readonly seed: number
  readonly destination: DestinationName
  /** Undefined: straight to the destination. */
  readonly through: Way | undefined
  readonly intake: Intake
  readonly queue: QueueMode
  /** Worker processes of the Parsec that takes the records in. */
  readonly workers: number
  readonly faults: readonly FaultKind[]
  readonly resend: boolean
  readonly powerLoss: boolean
  readonly break: Break | undefined
  readonly parallel: number
  /** Folders of failed runs go here. */
  readonly keepFailed: string
}

const FAULTS: readonly FaultKind[] = [...PROCESS_FAULTS, ...DESTINATION_FAULTS]
const KAFKA_ONLY: readonly FaultKind[] = [...GROUP_FAULTS, ...BROKER_FAULTS]
const ALL_FAULTS: readonly FaultKind[] = [...FAULTS, ...WORKER_FAULTS, ...KAFKA_ONLY]

type Parsed = Omit<OracleOptions, 'break' | 'through' | 'faults'> & {
  readonly break?: Break
  readonly through?: Way
  readonly faults?: readonly FaultKind[]
}

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
    .addOption(
      new Option(
        '--through <way>',
        'a collector, a Kafka broker and a group of consumers, instead of one Parsec',
      ).choices(WAYS),
    )
    .addOption(
      new Option('--intake <how>', 'how records come in: OTLP, or plain JSON')
        .choices(INTAKES)
        .default('otlp'),
    )
    .addOption(
      new Option('--queue <mode>', 'the sending queue, of the collector')
        .choices(QUEUES)
        .default('file'),
    )
    .option('--workers <n>', 'worker processes behind its ports', parseCount, 1)
    .option('--faults <list>', `of ${ALL_FAULTS.join(',')} (default: all that apply)`, parseFaults)
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
    .opts<Parsed>()
  const { through, workers } = options
  const faults = options.faults ?? [
    ...(workers === 1
      ? FAULTS
      : [...FAULTS.filter(fault => fault !== 'corrupt'), ...WORKER_FAULTS]),
    ...(through === undefined ? [] : KAFKA_ONLY),
  ]
  const checked = { ...options, through, faults, break: options.break }
  const problem = problemOf(checked)
  if (problem !== undefined) throw new Error(problem)
  return checked
}

/** What cannot be asked for together. */
function problemOf(options: OracleOptions): string | undefined {
  const { break: broken, intake, queue, powerLoss, through, destination, faults, workers } = options
  const isOther = destination === 'embedded' || through !== undefined || intake !== 'otlp'
  if (workers > 1 && (isOther || powerLoss))
    return '--workers: with OTLP and a --destination in a process of its own, neither --through nor --power-loss'
  // Workers write on while their primary is killed.
  if (workers > 1 && faults.includes('corrupt')) return 'corrupt: only without --workers'
  if (workers === 1 && faults.includes('kill-worker')) return 'kill-worker: only with --workers'
  const kafkaOnly = faults.filter(fault => KAFKA_ONLY.includes(fault))
  if (through === undefined && kafkaOnly.length > 0)
    return `${kafkaOnly.join(', ')}: only with --through kafka`
  if (through !== undefined && destination === 'embedded')
    return '--through kafka: consumers cannot share an embedded store, use another --destination'
  if (intake === 'ingest' && (through !== undefined || destination === 'otlp'))
    return '--intake ingest: straight into a store only, whose rows are compared'
  switch (broken) {
    case 'ack-before-sync':
      if (queue === 'file' && powerLoss) return undefined
      return `--break ${broken} shows with --queue file --power-loss only`
    case 'commit-before-store':
    case 'no-transactions':
      if (through === 'kafka') return undefined
      return `--break ${broken} shows with --through kafka only`
    case 'no-dedup':
      if (destination === 'clickhouse' || destination === 'embedded') return undefined
      return `--break ${broken} shows with a ClickHouse only`
    case undefined:
      return undefined
  }
}

/** The command line that repeats one run. */
export function repeatCommand(seed: number, options: OracleOptions): string {
  const {
    destination,
    through,
    intake,
    queue,
    workers,
    faults,
    resend,
    powerLoss,
    break: broken,
  } = options
  const words = [
    `npm run chaos -- --seed ${seed}`,
    `--destination ${destination}`,
    ...(through === undefined ? [] : [`--through ${through}`]),
    ...(intake === 'otlp' ? [] : [`--intake ${intake}`]),
    `--queue ${queue}`,
    ...(workers === 1 ? [] : [`--workers ${workers}`]),
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
  const unknown = names.filter(name => !(ALL_FAULTS as readonly string[]).includes(name))
  if (unknown.length === 0) return names as FaultKind[]
  throw new InvalidArgumentError(`${unknown.join(', ')}: there are ${ALL_FAULTS.join(', ')}.`)
}
