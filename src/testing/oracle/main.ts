import { setMaxListeners } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OracleOptions, parseOptions, repeatCommand } from './options.ts'
import { QueueDisk } from './queue-disk.ts'
import { reportRun, reportSummary } from './report.ts'
import { type RunResult, runOnce } from './run.ts'
import { type Broker, BrokerUnderTest } from './topologies/broker.ts'

/** What the oracle cannot bring itself. */
export interface Equipment {
  /** Makes a Kafka broker with its data in `folder`, not started yet. */
  readonly createBroker: (folder: string) => Promise<Broker>
}

/**
 * `npm run chaos`: many seeded runs, a line for each. Gives the exit code: 1 when the promise was
 * broken in any of them. docs/delivery.md tells what is done and what is asked.
 */
export async function chaos(args: readonly string[], equipment: Equipment): Promise<number> {
  const options = parseOptions(args)
  const cleanups: (() => Promise<unknown>)[] = [() => QueueDisk.removeAll()]
  const cleanUp = (): Promise<unknown> => Promise.allSettled(cleanups.map(clean => clean()))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Parsec and the destinations end with this process; mounts and brokers do not.
    process.once(signal, () => void cleanUp().finally(() => process.exit(1)))
  }
  try {
    const broker = options.through === 'kafka' ? await startBroker(equipment, cleanups) : undefined
    return (await runAll(options, broker)) ? 0 : 1
  } finally {
    await cleanUp()
  }
}

async function startBroker(
  { createBroker }: Equipment,
  cleanups: (() => Promise<unknown>)[],
): Promise<BrokerUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-broker-'))
  const broker = await createBroker(folder)
  cleanups.push(async () => {
    await broker.kill()
    await rm(folder, { recursive: true, force: true })
  })
  await broker.start()
  return new BrokerUnderTest(broker)
}

async function runAll(
  options: OracleOptions,
  broker: BrokerUnderTest | undefined,
): Promise<boolean> {
  setMaxListeners(0)
  const results: RunResult[] = []
  let next = options.seed
  const end = options.seed + options.runs
  const lane = async (): Promise<void> => {
    while (next < end) {
      const settings = { ...options, broker, workFolder: options.keepFailed }
      const result = await runOnce(next++, settings)
      results.push(result)
      console.log(reportRun(result, repeatCommand(result.seed, options)))
      if (result.broken.length === 0) await result.discard()
    }
  }
  await Promise.all(Array.from({ length: options.parallel }, lane))
  console.log(reportSummary(results))
  return results.every(({ broken }) => broken.length === 0)
}
