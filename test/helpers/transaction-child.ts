import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { kafkaExporter } from '../../plugins/exporters/kafka/index.ts'
import { runPipeline, sampleLogs } from '../../src/testing/index.ts'
import { until } from './until.ts'

/*
 * A process with a Kafka exporter in it that kills itself at the one moment that matters: just
 * before it asks the broker to commit a transaction, or when the answer has come and nobody has heard
 * of it yet. Run as a program it takes its YAML from the first argument and the moment from the second;
 * imported it starts that program.
 */

export type Moment = 'never' | 'before commit' | 'after commit'

export interface TransactionChild {
  /** Resolves true when the process has acknowledged the record, false when it died before. */
  send(text: string): Promise<boolean>
  /** Resolves when it has died. */
  readonly died: Promise<unknown>
  /** Resolves when its queue is empty, with how many log records it found to be written before. */
  idle(): Promise<number>
}

/** Which of its commits it dies at. */
const FATAL_COMMIT = 3

interface Report {
  readonly acknowledged?: string
  readonly alreadyWritten: number
  readonly queued: number
}

export async function startTransactionChild(
  t: ExecutionContext,
  yaml: string,
  moment: Moment,
): Promise<TransactionChild> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [yaml, moment], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const died = once(child, 'exit')
  const waiting = new Map<string, (acknowledged: boolean) => void>()
  let last: Report | undefined
  child.on('message', (report: Report) => {
    last = report
    waiting.get(report.acknowledged ?? '')?.(true)
  })
  child.on('exit', () => {
    for (const resolve of waiting.values()) resolve(false)
  })
  await Promise.race([
    once(child, 'message'),
    died.then(() => {
      if (moment === 'never') throw new Error('the child has died at its start')
    }),
  ])
  return {
    died,
    idle: async () => {
      await until(() => last?.queued === 0)
      return last!.alreadyWritten
    },
    send: text =>
      new Promise(resolve => {
        waiting.set(text, resolve)
        if (child.connected) child.send(text, () => undefined)
        else resolve(false)
      }),
  }
}

type EndTxn = (request: { readonly transactionResult: boolean }) => Promise<unknown>

function dieAt(moment: Moment): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/broker') as {
    prototype: { endTxn: EndTxn }
  }
  const endTxn = prototype.endTxn
  let commits = 0
  prototype.endTxn = async function (request) {
    const isFatal = request.transactionResult && ++commits === FATAL_COMMIT
    if (isFatal && moment === 'before commit') process.kill(process.pid, 'SIGKILL')
    const answer = await endTxn.call(this, request)
    if (isFatal && moment === 'after commit') process.kill(process.pid, 'SIGKILL')
    return answer
  }
}

async function main(yaml: string, moment: Moment): Promise<void> {
  if (moment !== 'never') dieAt(moment)
  const run = await runPipeline({ teardown: () => undefined }, yaml, [kafkaExporter])
  const report = async (acknowledged?: string): Promise<void> => {
    const { kafka, exporterQueueSize } = run.metrics
    const alreadyWritten = await sumOf(kafka.alreadyWritten)
    const queued = await sumOf(exporterQueueSize)
    process.send?.({ ...(acknowledged && { acknowledged }), alreadyWritten, queued })
  }
  process.on('message', (text: string) => {
    run.send(sampleLogs([text])).then(
      () => report(text),
      () => undefined,
    )
  })
  process.on('disconnect', () => process.exit())
  setInterval(() => void report(), 50)
  await report()
}

async function sumOf(metric: {
  get(): Promise<{ readonly values: readonly { readonly value: number }[] }>
}): Promise<number> {
  const { values } = await metric.get()
  return values.reduce((sum, { value }) => sum + value, 0)
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send) {
  await main(process.argv[2] ?? '', process.argv[3] as Moment)
}
