import type { PluginContext } from './component.ts'
import type { HealthReport } from './health.ts'

/** An extension serves the process, so it may also look at the process. */
export interface ExtensionContext extends PluginContext {
  /** The health of the service and all its components at this moment. */
  health(): HealthReport
}
