import type { Logger } from 'pino'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Authenticators } from './authenticator.ts'
import type { Consumer } from './consumer.ts'
import type { Door } from './door.ts'

export type ComponentKind = 'receiver' | 'processor' | 'exporter' | 'connector' | 'extension'

/**
 * What has a lifecycle. Both methods are optional, MUST be safe to call once each in order, and
 * `stop` MUST be safe without `start`.
 */
export interface Component {
  /**
   * Opens what is needed. Rejects only for what a restart cannot cure (an address in use, a bad
   * certificate); a destination that is down is reported as status and retried in the background.
   */
  start?(): Promise<void>
  /** Takes no more, flushes what it holds, and gives up when `deadline` aborts. */
  stop?(deadline: AbortSignal): Promise<void>
  /**
   * Where others can reach it, as URLs with the port really bound: `http://127.0.0.1:4318/v1/logs`,
   * `grpc://127.0.0.1:4317`. Asked after `start`, for the start-up banner.
   */
  endpoints?(): readonly string[]
}

export type Receiver = Component
export type Processor = Component & Consumer
/** `consume` sends one batch once: queue, retry and timeout are put around it by the pipeline. */
export type Exporter = Component & Consumer
/** An exporter for one pipeline and the receiver of another. */
export type Connector = Component & Consumer
export type Extension = Component

/** The Collector's component states (docs/component-status.md), in snake case. */
export type ComponentStatus =
  | 'starting'
  | 'ok'
  | 'recoverable_error'
  | 'permanent_error'
  | 'stopping'
  | 'stopped'

/** What a process has once and all of its components use. */
export interface ProcessServices {
  readonly logger: Logger
  readonly metrics: Metrics
  /** Who can tell servers who sends, and give clients their credentials. */
  readonly authenticators: Authenticators
  /** Receivers ask it before they read a request; whoever must keep data out stands guard there. */
  readonly door: Door
}

/** What every plugin is given beside its own config. */
export interface PluginContext extends ProcessServices {
  /** `type` or `type/name`, as in the config. */
  readonly id: string
  readonly kind: ComponentKind
  /** Carries the component's id in every line. WARN = recovered, nothing lost; ERROR = loss. */
  readonly logger: Logger
  /** Tells `/health`. `detail` is one sentence for the operator, without secrets. */
  reportStatus(status: ComponentStatus, detail?: string): void
}
