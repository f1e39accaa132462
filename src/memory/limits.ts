import type { WorkerPlace } from '../plugin/worker-place.ts'
import type { MemoryLimiterConfig } from './config.ts'

const MIB = 1024 ** 2
/** The Collector's default for spike_limit_mib, as a share of the limit. */
const SPIKE_SHARE = 0.2

export interface Limits {
  /** Above this the process is about to be killed. */
  readonly hardBytes: number
  /** From here on data is refused. */
  readonly softBytes: number
}

/** @param totalBytes the memory the process may use at most, for the percentages. */
export function resolveLimits(config: MemoryLimiterConfig, totalBytes: number): Limits {
  if (config.limit_mib !== undefined) {
    return withSpike(config.limit_mib * MIB, (config.spike_limit_mib ?? 0) * MIB)
  }
  const share = (percent: number): number => Math.floor((percent / 100) * totalBytes)
  return withSpike(share(config.limit_percentage ?? 100), share(config.spike_limit_percentage ?? 0))
}

/**
 * The config for one of several worker processes: shares of the machine's memory are divided, limits
 * in MiB are each process' own.
 */
export function memoryLimitOfWorker(
  config: MemoryLimiterConfig,
  { count }: WorkerPlace,
): MemoryLimiterConfig {
  const { limit_percentage: limit, spike_limit_percentage: spike } = config
  return {
    ...config,
    ...(limit === undefined ? {} : { limit_percentage: limit / count }),
    ...(spike === undefined ? {} : { spike_limit_percentage: spike / count }),
  }
}

function withSpike(hardBytes: number, spikeBytes: number): Limits {
  const spike = spikeBytes > 0 ? spikeBytes : Math.floor(hardBytes * SPIKE_SHARE)
  return { hardBytes, softBytes: hardBytes - spike }
}
