import { Command } from 'commander'
import type { Condition } from '../ottl/condition.ts'
import type { ReplayPoint } from '../plugin/source-replay.ts'
import { replaySource } from '../service/replay-source.ts'
import { createLogger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { addConfigOptions, type ConfigOptions, loadOrThrow } from './config-options.ts'
import type { CliContext } from './context.ts'
import { CommandExit, EXIT } from './exit-codes.ts'
import {
  checkPoints,
  parseFilter,
  parseName,
  parsePartitions,
  parsePoint,
  receiverOf,
} from './replay-options.ts'
import { ReplayScreen } from './replay-screen.ts'
import { parseRate, parseTime } from './send-options.ts'

const HELP = `
Examples:
  $ parsec replay --config my.yaml --topic logs --from 2026-11-26T10:00:00Z --to 2026-11-26T12:00:00Z --dry-run
  $ parsec replay --config my.yaml --topic logs --partition 0 --from 1000 --to 250000 --rate 20000/s
  $ parsec replay --config my.yaml --topic logs --from ... --to ... --state replay.json
  $ parsec replay --config my.yaml --topic logs --from ... --to ... --filter 'log.severity_number >= 17'

Messages from --from up to, not including, --to go through the pipelines of the receiver once more; a
time means the first message that is not older. The consumer group is not touched. The exporters run
without their queues: what is done is stored.

A replay that is repeated, or goes on after an interruption, makes the same batches under the same
identity: ClickHouse and PostgreSQL store none of them twice. What the receiver itself has stored
before has another identity, and is there twice unless it was deleted. To replay the same range once
more on purpose, after another deletion, give it another --name. Only one process can have an
embedded store (chdb://) open: stop Parsec before replaying into it.

--filter takes a condition as the filter processor of the Collector has them for log records; that
one drops what matches, this one keeps it, before the pipelines have changed anything:
  --filter 'resource.attributes["service.name"] == "shop" and not IsMatch(log.body, "^GET /health")'
The same records of a batch have the same identity, so a repeated filtered replay stores nothing twice,
however the condition is written. Against a store that has the whole range from a replay without a
filter, what matches is there twice: delete it first. What cannot be read cannot be judged, and ends the
replay or is set aside as without a filter. More in docs/delivery.md.

Exits with 1 when it could not begin, was interrupted or gave up, and says where to go on.`

interface Options extends ConfigOptions {
  readonly topic: string
  readonly from: ReplayPoint
  readonly to: ReplayPoint
  readonly receiver?: string
  readonly partition?: readonly number[]
  readonly name: string
  readonly filter?: Condition
  readonly rate?: number
  readonly state?: string
  readonly timeout: number
  readonly dryRun: boolean
}

/** `parsec replay`: feeds a part of a Kafka topic through the pipelines again. */
export function replayCommand(context: CliContext): Command {
  return addConfigOptions(new Command('replay'))
    .description('feed a part of a Kafka topic through the pipelines of its receiver again')
    .requiredOption('--topic <name>', 'topic to read')
    .requiredOption(
      '--from <point>',
      'first offset, or time such as 2026-11-26T12:00:00Z',
      parsePoint,
    )
    .requiredOption('--to <point>', 'offset or time to end before', parsePoint)
    .option('--receiver <id>', 'the receiver whose settings and pipelines are used')
    .option('--partition <numbers>', 'only these, such as 0,2', parsePartitions)
    .option('--name <name>', 'part of the identity of what is written', parseName, 'default')
    .option(
      '--filter <condition>',
      "only records for which this OTTL condition is true, such as 'log.severity_number >= 17'",
      parseFilter,
    )
    .option('--rate <records>', 'at most so many records a second, such as 5000/s', parseRate)
    .option('--state <file>', 'keep in this file how far it has come, and go on from there')
    .option(
      '--timeout <duration>',
      'give up when no batch was done for so long',
      parseTime,
      300_000,
    )
    .option('--dry-run', 'only say what would be read', false)
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      checkPoints(options.from, options.to, Date.now())
      const config = await loadOrThrow(options, context)
      const receiver = receiverOf(config, options.receiver)
      const screen = new ReplayScreen(context, options)
      const interrupt = new AbortController()
      const stop = (): void => interrupt.abort()
      process.once('SIGINT', stop)
      process.once('SIGTERM', stop)
      try {
        const { topic, partition, from, to, name, filter, rate, state, timeout, dryRun } = options
        const report = await replaySource({
          config,
          receiver,
          request: { topic, partitions: partition, from, to, name },
          filter,
          stateFile: state,
          rate,
          timeoutMs: timeout,
          dryRun,
          logger: createLogger({
            level: 'error',
            encoding: config.telemetry.logs.encoding,
            resource: config.telemetry.resource,
          }),
          metrics: new Metrics(),
          signal: interrupt.signal,
          onPlan: ranges => screen.plan(ranges),
          onStep: step => screen.step(step),
          onTrouble: detail => screen.trouble(detail),
        })
        screen.end(report, interrupt.signal.aborted)
        if (report.error !== undefined) throw new CommandExit(EXIT.failure)
      } finally {
        process.off('SIGINT', stop)
        process.off('SIGTERM', stop)
      }
    })
}
