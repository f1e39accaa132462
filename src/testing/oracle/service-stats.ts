import { setTimeout as sleep } from 'node:timers/promises'

/** The part of `/stats` that the oracle reads. All counts are log records. */
export interface ServiceStats {
  readonly pipelines: readonly Readonly<Record<string, number | string>>[]
  readonly exporters: readonly {
    readonly id: string
    readonly sent: number
    readonly dropped: number
    readonly queue?: { readonly items: number; readonly requests: number }
  }[]
  readonly dropped: Readonly<Record<string, unknown>>
}

const ANSWER_MS_MAX = 10_000
const POLL_MS = 50

/** Asks a running Parsec. */
async function readStats(admin: string): Promise<ServiceStats> {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX)
  const response = await fetch(`${admin}/stats`, { signal })
  return (await response.json()) as ServiceStats
}

/** Waits until every queue is empty; undefined when that takes longer than `timeoutMs`. */
export async function untilDrained(
  admin: string,
  timeoutMs: number,
): Promise<ServiceStats | undefined> {
  const deadlineMs = performance.now() + timeoutMs
  while (performance.now() < deadlineMs) {
    const stats = await readStats(admin)
    if (stats.exporters.every(({ queue }) => (queue?.requests ?? 0) === 0)) return stats
    await sleep(POLL_MS)
  }
  return undefined
}
