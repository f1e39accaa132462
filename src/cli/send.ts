import { Command, Option } from 'commander'
import { buildLogs, buildLogsRequest, type LogRecordParts } from '../otlp/build-logs.ts'
import { encodeLogsJson } from '../otlp/encode-logs-json.ts'
import { version } from '../telemetry/version.ts'
import type { CliContext } from './context.ts'
import { CommandExit, EXIT, UsageError } from './exit-codes.ts'
import { Delivery } from './send-delivery.ts'
import {
  type ConnectionOptions,
  createSender,
  type Protocol,
  parseCount,
  parsePair,
  parseRate,
  parseSeverity,
  parseTime,
} from './send-options.ts'
import { batchesOfLines, sampleBatches, severityOf } from './send-source.ts'

const SAMPLE_COUNT = 10

const HELP = `
Examples:
  $ echo "hello" | parsec send                                    one record to localhost:4317
  $ tail -f app.log | parsec send --service-name app --severity WARN
  $ parsec send --sample --rate 1000/s --duration 10s
  $ parsec send --sample --protocol http/json --endpoint https://collector.example.com \\
      --header authorization="Bearer $TOKEN" --gzip

Each line of stdin becomes one record. What the server asks to be sent again is sent again, as late
as it says (RetryInfo, Retry-After). Exits with 0 when every record was acknowledged, else with 1.`

interface Options extends ConnectionOptions {
  readonly serviceName: string
  readonly severity: string
  readonly attribute: Readonly<Record<string, string>>
  readonly sample: boolean
  readonly rate?: number
  readonly duration?: number
  readonly count?: number
  readonly batchSize: number
  readonly concurrency: number
  readonly timeout: number
  readonly retryFor: number
}

type Encode = (records: readonly LogRecordParts[]) => Buffer

/** `parsec send`: an OTLP client for lines from stdin or made-up records. */
export function sendCommand(context: CliContext): Command {
  const command = new Command('send').description('send lines from stdin, or samples, over OTLP')
  addConnectionOptions(command)
  addRecordOptions(command)
  return command
    .option('--batch-size <n>', 'records per request', parseCount, 512)
    .option('--concurrency <n>', 'requests under way at a time', parseCount, 4)
    .option('--timeout <duration>', 'longest time for one try', parseTime, 10_000)
    .option('--retry-for <duration>', 'give a request up after this', parseTime, 60_000)
    .addHelpText('after', HELP)
    .action(async (options: Options) => send(options, context))
}

function addConnectionOptions(command: Command): void {
  command
    .option(
      '--endpoint <address>',
      'default: localhost:4317, http://localhost:4318; https:// = TLS',
    )
    .addOption(
      new Option('--protocol <protocol>', 'how to send')
        .choices(['grpc', 'http/protobuf', 'http/json'])
        .default('grpc'),
    )
    .option('--header <name=value>', 'sent with every request; repeatable', parsePair, {})
    .option('--gzip', 'compress requests', false)
    .option('--ca-file <path>', 'PEM file with the authorities to trust')
    .option('--insecure-skip-verify', 'TLS without checking who the server is', false)
}

function addRecordOptions(command: Command): void {
  command
    .option('--service-name <name>', 'resource attribute service.name', 'parsec-send')
    .option('--severity <name>', 'TRACE, DEBUG, INFO, WARN, ERROR or FATAL', parseSeverity, 'INFO')
    .option('--attribute <name=value>', 'on every record; repeatable', parsePair, {})
    .option('--sample', "send a made-up web shop's records instead of stdin", false)
    .option(
      '--rate <n/s>',
      'with --sample: records per second; else as fast as possible',
      parseRate,
    )
    .option('--duration <duration>', 'with --sample: for how long', parseTime)
    .option(
      '--count <n>',
      `with --sample: how many; ${SAMPLE_COUNT} without --duration`,
      parseCount,
    )
}

async function send(options: Options, context: CliContext): Promise<void> {
  const batches = sourceOf(options, context)
  const sender = createSender(options)
  const delivery = new Delivery({
    sender,
    concurrency: options.concurrency,
    timeoutMs: options.timeout,
    retryForMs: options.retryFor,
    warn: text => context.stderr.write(`parsec: ${sender.destination}: ${text}\n`),
  })
  const startMs = performance.now()
  const encode = encoderOf(options.protocol, options.serviceName)
  for await (const records of batches) await delivery.offer(encode(records), records.length)
  await delivery.finish()
  await sender.close()

  const { acknowledged, rejected, failed } = delivery.tally
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  const figures = `${acknowledged} acknowledged, ${rejected} rejected, ${failed} failed`
  context.stdout.write(`${figures} by ${sender.destination} in ${seconds} s\n`)
  if (rejected + failed > 0) throw new CommandExit(EXIT.failure)
}

function sourceOf(
  options: Options,
  { stdin }: CliContext,
): AsyncIterable<readonly LogRecordParts[]> {
  const { sample, batchSize, rate, duration, count } = options
  const record = { ...severityOf(options.severity), attributes: options.attribute }
  if (!sample) {
    if (rate !== undefined || duration !== undefined || count !== undefined) {
      throw new UsageError('--rate, --duration and --count go with --sample')
    }
    return batchesOfLines(stdin, { batchSize, record })
  }
  return sampleBatches({
    batchSize,
    record,
    count: count ?? (duration === undefined ? SAMPLE_COUNT : undefined),
    durationMs: duration,
    perSecond: rate,
  })
}

function encoderOf(protocol: Protocol, service: string): Encode {
  const envelope = {
    resource: { 'service.name': service },
    scopeName: 'parsec.send',
    scopeVersion: version,
  }
  return records => {
    const parts = [{ ...envelope, records }]
    if (protocol !== 'http/json') return buildLogsRequest(parts)
    return Buffer.from(encodeLogsJson(buildLogs(parts, { requestId: 'send' })))
  }
}
