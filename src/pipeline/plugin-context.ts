import type { ComponentKind, PluginContext, ProcessServices } from '../plugin/component.ts'
import { componentLogger } from '../telemetry/logger.ts'

export interface PluginContextParts extends ProcessServices {
  readonly kind: ComponentKind
  readonly id: string
  /** For processors, of which each pipeline has its own. */
  readonly pipeline?: string | undefined
  readonly reportStatus: PluginContext['reportStatus']
}

/** What a component is given beside its config, with a logger that names it. */
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
