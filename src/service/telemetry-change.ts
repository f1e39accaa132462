import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { TelemetryConfig } from '../config/service-config.ts'
import { setLogLevel } from '../telemetry/logger.ts'

/**
 * Applies what of `service::telemetry` can change while running, the level of log lines, and says
 * what cannot: `started` is what the process was started with.
 */
export function changeTelemetry(
  started: TelemetryConfig,
  wanted: TelemetryConfig,
  logger: Logger,
): void {
  setLogLevel(logger, wanted.logs.level)
  const fixed = {
    'logs::encoding': [started.logs.encoding, wanted.logs.encoding],
    'metrics::level': [started.metrics.level, wanted.metrics.level],
    'metrics::endpoint': [started.metrics.endpoint, wanted.metrics.endpoint],
    resource: [started.resource, wanted.resource],
  }
  const keys = Object.entries(fixed)
    .filter(([, [before, now]]) => !isDeepStrictEqual(before, now))
    .map(([key]) => `service::telemetry::${key}`)
  if (keys.length > 0) logger.warn(`a change of ${keys.join(', ')} needs a restart`)
}
