import type { PackedMap } from '../config/packed-tree.ts'
import type { ComponentChanges } from '../pipeline/changes.ts'
import type { HealthReport } from '../plugin/health.ts'
import type { WorkerPlace } from '../plugin/worker-place.ts'
import type { ComponentEndpoints } from '../service/running-pipelines.ts'
import type { MetricsSnapshot } from '../telemetry/snapshot.ts'

/*
 * What the primary process and its workers say to each other, as JSON over the channel that Node
 * makes for child processes. A worker begins with `ready`, and is told what to run with `start`.
 */

/** What a worker needs to run; the config has been read and checked by the primary. */
export interface WorkerStart {
  readonly place: WorkerPlace
  readonly config: PackedMap
  readonly role?: string | undefined
  readonly shutdownTimeoutMs: number
}

/** What can be asked of a worker, and what it answers. */
export interface Answers {
  readonly health: HealthReport
  readonly stats: object
  readonly metrics: MetricsSnapshot
  readonly reload: ComponentChanges
}

export type Question =
  | { readonly what: 'health' | 'stats' | 'metrics' }
  | { readonly what: 'reload'; readonly config: PackedMap }

export type ToWorker =
  | { readonly type: 'start'; readonly start: WorkerStart }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  | { readonly type: 'stop' }

export type ToPrimary =
  | { readonly type: 'ready' }
  | { readonly type: 'started'; readonly endpoints: readonly ComponentEndpoints[] }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly error: string }
  /** It could not start, or an error that nobody caught has made it end. */
  | { readonly type: 'fault'; readonly error: string }
  /** The last word before it ends by itself. */
  | { readonly type: 'ending'; readonly metrics: MetricsSnapshot }
