import type { ComponentKind, ComponentStatus } from './component.ts'

/** What one component last said of itself. */
export interface ComponentHealth {
  readonly id: string
  readonly kind: ComponentKind
  /** Absent for what no single pipeline owns: receivers, exporters, extensions. */
  readonly pipeline?: string
  readonly status: ComponentStatus
  /** One sentence for the operator. */
  readonly detail?: string
  /** When it entered this status; ISO 8601. */
  readonly since: string
}

/** The whole process: `status` is the worst of its components', or where the service itself is. */
export interface HealthReport {
  readonly status: ComponentStatus
  /** True from the end of the start to the begin of the stop, without a permanent error. */
  readonly ready: boolean
  readonly since: string
  readonly components: readonly ComponentHealth[]
}

const SEVERITY: Readonly<Record<ComponentStatus, number>> = {
  ok: 0,
  stopped: 1,
  stopping: 2,
  starting: 3,
  recoverable_error: 4,
  permanent_error: 5,
}

/** The status an operator must hear of first. `ok` for no components at all. */
export function worstStatus(statuses: Iterable<ComponentStatus>): ComponentStatus {
  let worst: ComponentStatus = 'ok'
  for (const status of statuses) if (SEVERITY[status] > SEVERITY[worst]) worst = status
  return worst
}
