import { setTimeout as sleep } from 'node:timers/promises'

/** The part of `/stats` that the oracle reads. All counts are log records unless named otherwise. */
export interface ServiceStats {
  readonly exporters: readonly ExporterBooks[]
  /** Absent where there is one process; `stats` of those that have answered. */
  readonly workers?: readonly WorkerStats[]
  /** Records by reason, by component. */
  readonly dropped: Readonly<
    Record<string, { readonly records?: Readonly<Record<string, number>> }>
  >
}

interface WorkerStats {
  readonly pid?: number
  readonly status: string
  readonly stats?: object
}

export interface ExporterBooks {
  readonly id: string
  readonly ledger: {
    readonly in: number
    readonly recovered: number
    readonly sent: number
    readonly dead_lettered: number
    readonly dropped: number
    readonly returned: number
    readonly queued: number
    readonly difference: number
  }
  /** What waits, in log records, requests and bytes; absent without a queue. */
  readonly queue?: { readonly items: number; readonly requests: number; readonly bytes: number }
}

const ANSWER_MS_MAX = 10_000
const POLL_MS = 50

/** Asks a running Parsec. */
export async function readStats(admin: string): Promise<ServiceStats> {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX)
  const response = await fetch(`${admin}/stats`, { signal })
  return (await response.json()) as ServiceStats
}

/** Records that queues could not read back because their files are damaged. */
export function damagedRecords({ dropped }: ServiceStats): number {
  const counts = Object.values(dropped).map(({ records }) => records?.['damaged'] ?? 0)
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Waits until every queue is empty; undefined when that takes longer than `timeoutMs`. */
export async function untilDrained(
  admin: string,
  timeoutMs: number,
): Promise<ServiceStats | undefined> {
  const deadlineMs = performance.now() + timeoutMs
  while (performance.now() < deadlineMs) {
    const stats = await readStats(admin)
    if (isDrained(stats)) return stats
    await sleep(POLL_MS)
  }
  return undefined
}

/** What a worker that is still starting has in its queue, nobody can say yet. */
function isDrained({ exporters, workers = [] }: ServiceStats): boolean {
  const haveAllAnswered = workers.every(
    ({ status, stats }) => status === 'up' && stats !== undefined,
  )
  return haveAllAnswered && exporters.every(({ queue }) => (queue?.requests ?? 0) <= 0)
}
