import type { EventEmitter } from 'node:events'
import type { Logger } from 'pino'
import type { Metrics } from '../telemetry/metrics.ts'

/*
 * Exceptions that nobody caught. A fault in one plugin must not take the data of all others with
 * it, so the process lives, unless what is broken is the process itself:
 *
 * - A rejection nobody awaited ended one chain of promises and nothing else: it is survived.
 * - An exception out of a timer or an event ended one callback: it is survived as well. The batch
 *   it belonged to may hang; its sender's timeout or the queue's retry brings it back.
 * - No memory left, or an assertion inside Node: nothing can be relied on any more. Drain, exit 1.
 * - Many in a short time: the fault comes back with every batch or timer, and each may leave
 *   something behind. A restart by the supervisor is the cleaner state. Drain, exit 1.
 * - A log stream that is gone (EPIPE) must not be answered with another line.
 */

/** So many within the window are a fault that does not go away. */
const FAULTS_MAX = 20
const WINDOW_MS = 60_000
const FATAL_CODES = new Set([
  'ERR_INTERNAL_ASSERTION',
  'ERR_MEMORY_ALLOCATION_FAILED',
  'ERR_WORKER_OUT_OF_MEMORY',
])

export interface FaultOptions {
  /** `process`, or a stand-in. */
  readonly source: Pick<EventEmitter, 'on' | 'off'>
  readonly logger: Logger
  readonly metrics: Metrics
  /** Called at most once, when living on would be worse than a restart. */
  readonly fail: (fault: Error) => void
  readonly now?: () => number
}

/** Logs and counts what nobody caught. Gives the function that stops listening. */
export function handleFaults(options: FaultOptions): () => void {
  const { source, logger, metrics, fail, now = Date.now } = options
  const exceptions = metrics.exceptions.labels({ component: 'process' })
  const times: number[] = []
  let failed = false
  const onFault = (thrown: unknown, kind: string): void => {
    if (codeOf(thrown) === 'EPIPE') return
    exceptions.inc()
    const err = thrown instanceof Error ? thrown : new Error(String(thrown))
    const nowMs = now()
    times.push(nowMs)
    while (times[0]! <= nowMs - WINDOW_MS) times.shift()
    const why = whyFatal(thrown, times.length)
    logger.error({ err, fault: kind }, why ?? 'a fault nobody caught; the process goes on')
    if (why === undefined || failed) return
    failed = true
    fail(err)
  }
  const onException = (error: unknown): void => onFault(error, 'exception')
  const onRejection = (reason: unknown): void => onFault(reason, 'rejection')
  source.on('uncaughtException', onException).on('unhandledRejection', onRejection)
  return () => {
    source.off('uncaughtException', onException).off('unhandledRejection', onRejection)
  }
}

function whyFatal(thrown: unknown, recent: number): string | undefined {
  const outOfMemory = thrown instanceof RangeError && /allocation failed/i.test(thrown.message)
  if (outOfMemory || FATAL_CODES.has(codeOf(thrown))) {
    return 'the process itself is broken; stopping'
  }
  if (recent >= FAULTS_MAX) {
    return `${recent} faults within ${WINDOW_MS / 1000}s that nobody caught; stopping`
  }
  return undefined
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}
