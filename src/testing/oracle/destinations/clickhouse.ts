import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mint } from '../records.ts'
import { arrivalsOfRows, expectedRow, SELECT_ROWS } from './clickhouse-rows.ts'
import type { Destination } from './destination.ts'
import { FaultProxy } from './fault-proxy.ts'

const PROGRAM = fileURLToPath(new URL('./clickhouse-process.js', import.meta.url))
const START_MS_MAX = 30_000
const READ_MS_MAX = 60_000

/** A ClickHouse server, behind a proxy that disturbs it. */
export async function startClickHouseDestination(
  mint: Mint,
  seed: number,
  folder: string,
): Promise<Destination> {
  const child = fork(PROGRAM, [join(folder, 'clickhouse')], { stdio: 'ignore' })
  const signal = AbortSignal.timeout(START_MS_MAX)
  const [started] = (await once(child, 'message', { signal })) as [{ readonly url: string }]
  const proxy = await FaultProxy.start(started.url, seed)
  return {
    exporter: { type: 'clickhouse', keys: { endpoint: proxy.url } },
    exactlyOnce: true,
    proxy,
    expected: number => expectedRow(mint, number),
    arrivals: async () => {
      const url = `${started.url}/?default_format=JSONCompactEachRow&readonly=1`
      const timeout = AbortSignal.timeout(READ_MS_MAX)
      const response = await fetch(url, { method: 'POST', body: SELECT_ROWS, signal: timeout })
      const text = await response.text()
      if (!response.ok) throw new Error(`cannot read the destination: ${text.slice(0, 500)}`)
      return arrivalsOfRows(text)
    },
    close: async () => {
      await proxy.close()
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}
