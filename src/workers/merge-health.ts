import { type ComponentHealth, type HealthReport, worstStatus } from '../plugin/health.ts'
import type { WorkerState } from './worker-slot.ts'

/** `/health` of several processes: that of one, with the state of each worker. */
export interface WorkersHealth extends HealthReport {
  readonly workers: readonly WorkerState[]
}

/** One worker: how it is, and what it says of its parts; no report while it does not answer. */
export interface WorkerHealth {
  readonly state: WorkerState
  readonly report: HealthReport | undefined
}

/**
 * The worst counts, but for a worker that is being started again: the others serve, so the service
 * stays ready while there is one. A component of all workers is shown once, with its worst status.
 */
export function mergeHealth(own: HealthReport, workers: readonly WorkerHealth[]): WorkersHealth {
  const components = new Map<string, ComponentHealth>()
  for (const { state, report } of workers) {
    for (const component of report?.components ?? []) {
      addComponent(components, labelled(component, state.worker))
    }
  }
  const all = [...own.components, ...components.values()]
  const reports = workers.flatMap(({ report }) => report ?? [])
  const worst = worstStatus([
    ...all.map(({ status }) => status),
    ...(reports.length < workers.length ? ['recoverable_error' as const] : []),
  ])
  return {
    ...own,
    status: own.status === 'starting' || own.status === 'stopping' ? own.status : worst,
    ready: own.ready && reports.length > 0 && reports.every(({ ready }) => ready),
    components: all,
    workers: workers.map(({ state }) => state),
  }
}

function addComponent(all: Map<string, ComponentHealth>, component: ComponentHealth): void {
  const { kind, id, pipeline = '' } = component
  const key = JSON.stringify([kind, id, pipeline])
  const known = all.get(key)
  const isWorse =
    known !== undefined &&
    known.status !== component.status &&
    worstStatus([known.status, component.status]) === component.status
  if (known === undefined || isWorse) all.set(key, component)
}

/** Whose detail it is that is shown. */
function labelled(component: ComponentHealth, worker: number): ComponentHealth {
  if (component.detail === undefined) return component
  return { ...component, detail: `worker ${worker}: ${component.detail}` }
}
