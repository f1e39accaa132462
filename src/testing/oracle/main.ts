import { setMaxListeners } from 'node:events'
import { type OracleOptions, parseOptions, repeatCommand } from './options.ts'
import { QueueDisk } from './queue-disk.ts'
import { reportRun, reportSummary } from './report.ts'
import { type RunResult, runOnce } from './run.ts'

/*
 * `npm run chaos`: many seeded runs, a line for each, and exit code 1 when the promise was broken
 * in any of them. docs/delivery.md tells what is done and what is asked.
 */

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Parsec and the destinations end with this process; mounts do not.
  process.once(signal, () => void QueueDisk.removeAll().finally(() => process.exit(1)))
}

process.exitCode = (await runAll(parseOptions(process.argv.slice(2)))) ? 0 : 1

async function runAll(options: OracleOptions): Promise<boolean> {
  setMaxListeners(0)
  const results: RunResult[] = []
  let next = options.seed
  const end = options.seed + options.runs
  const lane = async (): Promise<void> => {
    while (next < end) {
      const result = await runOnce(next++, { ...options, workFolder: options.keepFailed })
      results.push(result)
      console.log(reportRun(result, repeatCommand(result.seed, options)))
      if (result.broken.length === 0) await result.discard()
    }
  }
  await Promise.all(Array.from({ length: options.parallel }, lane))
  console.log(reportSummary(results))
  return results.every(({ broken }) => broken.length === 0)
}
