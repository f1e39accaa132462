import type { Logger } from 'pino'
import type { Authenticators } from '../plugin/authenticator.ts'
import type { ComponentKind, PluginContext } from '../plugin/component.ts'
import type { Door } from '../plugin/door.ts'
import { componentLogger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'

export interface PluginContextParts {
  readonly kind: ComponentKind
  readonly id: string
  /** For processors, of which each pipeline has its own. */
  readonly pipeline?: string | undefined
  /** The logger of the process; the context gets one that names the component. */
  readonly logger: Logger
  readonly metrics: Metrics
  readonly authenticators: Authenticators
  readonly door: Door
  readonly reportStatus: PluginContext['reportStatus']
}

/** What a component is given beside its config. */
export function createPluginContext(parts: PluginContextParts): PluginContext {
  const { kind, id, pipeline, metrics, authenticators, door, reportStatus } = parts
  const logger = componentLogger(parts.logger, kind, id)
  return {
    id,
    kind,
    logger: pipeline === undefined ? logger : logger.child({ pipeline }),
    metrics,
    authenticators,
    door,
    reportStatus,
  }
}
