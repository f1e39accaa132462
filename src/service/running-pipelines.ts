import type { Logger } from 'pino'
import type { PipelineConfig, ServiceConfig } from '../config/service-config.ts'
import type { StatusBoard } from '../plugin/status-board.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** Where one component listens. */
export interface ComponentEndpoints {
  readonly id: string
  readonly urls: readonly string[]
}

/** All that the service knows of the pipelines it runs. */
export interface RunningPipelines {
  /** From exporters back to receivers. Rejects for what a restart cannot cure. */
  start(): Promise<void>
  /** From receivers to exporters; gives up on what is left when `deadline` aborts. */
  stop(deadline: AbortSignal): Promise<void>
  endpoints(): readonly ComponentEndpoints[]
  /** For `/stats`: records in, out, refused and dropped by pipeline; queues by exporter. */
  stats(): Promise<Readonly<Record<string, unknown>>>
}

export interface PipelinesOptions {
  readonly config: ServiceConfig
  /** Those of the role. */
  readonly pipelines: readonly PipelineConfig[]
  readonly logger: Logger
  readonly metrics: Metrics
  readonly status: StatusBoard
}

/** Builds the components; opens nothing yet. */
export type PipelinesFactory = (options: PipelinesOptions) => RunningPipelines
