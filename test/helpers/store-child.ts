import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { clickHouseExporter } from '../../plugins/exporters/clickhouse/index.ts'
import { postgresExporter } from '../../plugins/exporters/postgres/index.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import type { ExporterPlugin } from '../../src/plugin/define-plugin.ts'
import { createTestContext } from '../../src/testing/index.ts'

/*
 * A process with a clickhouse or postgres exporter in it, to be killed, or to hold a store while others
 * ask. Run as a program it takes orders over IPC; imported it starts that program.
 */

interface Order {
  readonly id: number
  readonly consume?: { readonly bytes: Uint8Array; readonly origin: string }
  readonly stop?: true
}

interface Report {
  readonly id: number
  readonly error?: string
}

export interface StoreChild {
  readonly pid: number
  /** Consumes the OTLP request; rejects with the exporter's message. */
  consume(bytes: Uint8Array, origin: string): Promise<void>
  /** Stops the exporter and lets the process end. */
  stop(): Promise<void>
  /** Ends the process as a crash would. */
  kill(): Promise<void>
}

/** Starts the process and waits until its exporter is ready. */
export async function startStoreChild(t: ExecutionContext, endpoint: string): Promise<StoreChild> {
  const child = fork(fileURLToPath(import.meta.url), [endpoint], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  t.teardown(() => kill(child))
  const waiting = new Map<number, (report: Report) => void>()
  child.on('message', message => {
    const report = message as Report
    waiting.get(report.id)?.(report)
    waiting.delete(report.id)
  })
  let count = 0
  const send = async (order: Omit<Order, 'id'>): Promise<void> => {
    const id = ++count
    const answer = new Promise<Report>(resolve => waiting.set(id, resolve))
    child.send({ id, ...order })
    const { error } = await answer
    if (error !== undefined) throw new Error(error)
  }
  await new Promise<void>((resolve, reject) => {
    waiting.set(0, ({ error }) => (error === undefined ? resolve() : reject(new Error(error))))
    child.once('exit', code => reject(new Error(`the child exited with ${code}`)))
  })
  return {
    pid: child.pid ?? 0,
    consume: (bytes, origin) => send({ consume: { bytes, origin } }),
    stop: async () => {
      await send({ stop: true })
      child.disconnect()
      if (child.exitCode === null) await once(child, 'exit')
    },
    kill: () => kill(child),
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function main(endpoint: string): Promise<void> {
  const plugin: ExporterPlugin = endpoint.startsWith('postgres:')
    ? postgresExporter
    : clickHouseExporter
  const context = createTestContext('exporter', plugin.type)
  const exporter = plugin.create(plugin.config.parse({ endpoint }), context)
  const report = (message: Report): void => void process.send?.(message)
  const act = async (order: Order): Promise<void> => {
    if (order.stop) await exporter.stop?.(AbortSignal.timeout(10_000))
    if (order.consume === undefined) return
    const { batch } = decodeLogs(Buffer.from(order.consume.bytes), { requestId: 'child' })
    const { origin } = order.consume
    await exporter.consume(batch.with({ origin }), AbortSignal.timeout(30_000))
  }
  process.on('message', message => {
    const order = message as Order
    act(order).then(
      () => report({ id: order.id }),
      (error: unknown) => report({ id: order.id, error: (error as Error).message }),
    )
  })
  await exporter.start?.()
  const last = context.statuses.at(-1)
  report({ id: 0, ...(last?.status === 'ok' ? {} : { error: last?.detail ?? 'not started' }) })
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send) {
  await main(process.argv[2] ?? '')
}
