import type { ServiceConfig } from '../config/service-config.ts'
import type { PreparedChange } from '../pipeline/pipelines.ts'
import type { ProcessServices } from '../plugin/component.ts'
import type { HealthReport } from '../plugin/health.ts'
import type { StatusBoard } from '../plugin/status-board.ts'
import type { MetricsSnapshot, MetricsText } from '../telemetry/snapshot.ts'

/** Where one component listens. */
export interface ComponentEndpoints {
  /** Such as `receiver otlp`. */
  readonly label: string
  /** URLs. */
  readonly endpoints: readonly string[]
}

/** All that the service knows of the pipelines it runs. */
export interface RunningPipelines {
  /** From exporters back to receivers. Rejects for what a restart cannot cure. */
  start(): Promise<void>
  /** From receivers to exporters; gives up on what is left when `deadline` aborts. */
  stop(deadline: AbortSignal): Promise<void>
  endpoints(): readonly ComponentEndpoints[]
  /**
   * Builds what another config asks for beside what runs; opens nothing. Each step of going over has
   * `timeoutMs`. Throws as the factory does.
   */
  prepare(config: ServiceConfig, timeoutMs: number): Promise<PreparedChange>
  /** For `/stats`: records in, out, refused and dropped by pipeline; queues by exporter. */
  stats(): object
  /** Present when other processes run them. */
  readonly workers?: WorkersView
}

/** What worker processes say, each with what this process knows of itself. */
export interface WorkersView {
  /** As of a moment ago. */
  health(own: HealthReport): HealthReport
  stats(own: object): Promise<object>
  metrics(own: MetricsSnapshot): Promise<MetricsText>
}

interface PipelinesOptions extends ProcessServices {
  /** Absent: every pipeline of the config. */
  readonly role?: string | undefined
  readonly statusBoard: StatusBoard
}

/** Builds the components; opens nothing yet. Throws ConfigError for an unknown role. */
export type PipelinesFactory = (
  config: ServiceConfig,
  options: PipelinesOptions,
) => RunningPipelines
