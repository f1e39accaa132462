import type {
  ConnectorPlugin,
  ExporterPlugin,
  ExtensionPlugin,
  Plugin,
  ProcessorPlugin,
  ReceiverPlugin,
} from '../plugin/define-plugin.ts'
import type { WorkerPlace } from '../plugin/worker-place.ts'

/** A component of the config whose own keys have been checked: `config` is the plugin's output. */
export interface ConfiguredComponent<P extends Plugin = Plugin> {
  /** `type` or `type/name`. */
  readonly id: string
  readonly plugin: P
  readonly config: unknown
}

export interface PipelineConfig {
  /** `logs` or `logs/name`. */
  readonly id: string
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
  /** The exporter that gets what the exporters above cannot deliver. */
  readonly deadLetter?: string
}

/** `service::dead_letter`: the built-in store. */
export interface DeadLetterConfig {
  readonly directory: string
  readonly sizeBytesMax: number
}

/** `service::workers`. */
export interface WorkersConfig {
  readonly count: number
  /** Why it is one although more were asked for; a sentence about a component. */
  readonly oneProcess?: string
}

/** `service::telemetry`, with the Collector's keys and defaults. */
export interface TelemetryConfig {
  readonly logs: {
    readonly level: 'debug' | 'info' | 'warn' | 'error'
    readonly encoding: 'console' | 'json'
  }
  readonly metrics: {
    readonly level: 'none' | 'basic' | 'normal' | 'detailed'
    /** Where `/metrics`, `/health` and `/stats` are served; `host:port`. */
    readonly endpoint: string
  }
  /** Attributes of this process, such as service.name and service.instance.id. */
  readonly resource: Readonly<Record<string, string>>
}

/**
 * A whole config, checked: every reference exists, every component's keys are valid, the pipelines
 * form no cycle. Only components that a pipeline (or `service::extensions`) uses are built.
 */
export interface ServiceConfig {
  readonly receivers: ReadonlyMap<string, ConfiguredComponent<ReceiverPlugin>>
  readonly processors: ReadonlyMap<string, ConfiguredComponent<ProcessorPlugin>>
  readonly exporters: ReadonlyMap<string, ConfiguredComponent<ExporterPlugin>>
  readonly connectors: ReadonlyMap<string, ConfiguredComponent<ConnectorPlugin>>
  readonly extensions: ReadonlyMap<string, ConfiguredComponent<ExtensionPlugin>>
  readonly pipelines: readonly PipelineConfig[]
  /** `service::extensions`: the extensions to start, in order. */
  readonly serviceExtensions: readonly string[]
  readonly telemetry: TelemetryConfig
  /** Where dead letters of pipelines go that name no exporter for them; absent = nowhere. */
  readonly deadLetter?: DeadLetterConfig
  readonly workers: WorkersConfig
  /** Whose config it is when several processes run; see `configForWorker`. Absent: one runs alone. */
  readonly worker?: WorkerPlace
  /** Role name -> pipeline ids. No `--role` runs every pipeline. */
  readonly roles: ReadonlyMap<string, readonly string[]>
}
