import type { Logger } from 'pino'
import type { ExportChain } from '../export/chain.ts'
import { sleep, systemClock } from '../plugin/clock.ts'
import { type ExporterSpec, queueDirectory } from './exporter-spec.ts'

const POLL_MS = 50

/**
 * Waits, until `deadline`, for a queue on disk to be empty that gets nothing more: its stop would
 * leave it as it is. One in memory is drained by its own stop.
 */
export async function drainDisk(
  chain: ExportChain,
  spec: ExporterSpec,
  deadline: AbortSignal,
): Promise<void> {
  if (queueDirectory(spec) === undefined) return
  while ((chain.stats().queue?.items ?? 0) > 0) {
    if (!(await sleep(systemClock, POLL_MS, deadline))) return
  }
}

/** Says what a queue that has stopped leaves on disk when no other one takes over its directory. */
export function warnOfRest(
  chain: ExportChain,
  spec: ExporterSpec,
  { label, logger }: { readonly label: string; readonly logger: Logger },
): void {
  const directory = queueDirectory(spec)
  const records = chain.stats().queue?.items ?? 0
  if (directory === undefined || records === 0) return
  logger.warn(
    { records, directory },
    `${label} leaves records in its queue on disk: they are sent when a config uses that directory again`,
  )
}
