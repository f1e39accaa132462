import type { z } from 'zod'
import type {
  Connector,
  Exporter,
  Extension,
  PluginContext,
  Processor,
  Receiver,
} from './component.ts'
import type { Consumer } from './consumer.ts'
import type { ExtensionContext } from './extension-context.ts'
import type { QueueStorage } from './queue-storage.ts'
import type { ReplayRequest, SourceReplay } from './source-replay.ts'
import type { WorkerPlace } from './worker-place.ts'

/** The Collector's stability levels; `validate` warns about `alpha` and below. */
export type Stability = 'development' | 'alpha' | 'beta' | 'stable'

interface PluginBase<Config extends z.ZodType> {
  /** The `type` of the component id: lower snake case. */
  readonly type: string
  /** Older spellings that still work, with a warning, such as `otlphttp` for `otlp_http`. */
  readonly aliases?: readonly string[]
  /** Other spellings that are as good, without a warning, such as `otlp_grpc` for `otlp`. */
  readonly synonyms?: readonly string[]
  readonly stability: Stability
  /** One sentence for `parsec components` and the reference. */
  readonly summary: string
  /** Strict object: types, defaults, bounds, and a `.meta({ description })` for every key. */
  readonly config: Config
  /**
   * Why no two processes can run a component with this config at once, as the end of a sentence;
   * absent or undefined = they can.
   */
  oneProcess?(config: z.output<Config>): string | undefined
  /**
   * The config for one of several worker processes, where theirs must differ: files, names that must
   * be unique, shares of what the machine has. Absent: each gets the same.
   */
  forWorker?(config: z.output<Config>, worker: WorkerPlace): z.output<Config>
}

export interface ReceiverPlugin<Config extends z.ZodType = z.ZodType> extends PluginBase<Config> {
  readonly kind: 'receiver'
  create(config: z.output<Config>, context: PluginContext, next: Consumer): Receiver
  /**
   * Reads a part of its source again, for `parsec replay`, in place of `create`. Works beside a
   * running service and changes nothing at the source. Connects to nothing yet.
   */
  replay?(
    config: z.output<Config>,
    context: PluginContext,
    next: Consumer,
    request: ReplayRequest,
  ): SourceReplay
}

export interface ProcessorPlugin<Config extends z.ZodType = z.ZodType> extends PluginBase<Config> {
  readonly kind: 'processor'
  create(config: z.output<Config>, context: PluginContext, next: Consumer): Processor
}

/** What `parsec query` asks of an exporter's store. */
export interface StoreQuery {
  /** One statement that reads. */
  readonly sql: string
  /** The store's own name of an output format; absent = a table for people. */
  readonly format?: string | undefined
  readonly timeoutMs: number
  /** A larger result is refused. */
  readonly resultBytesMax: number
}

/** A config with `sending_queue`, `retry_on_failure` or `timeout` gets the export chain around it. */
export interface ExporterPlugin<Config extends z.ZodType = z.ZodType> extends PluginBase<Config> {
  readonly kind: 'exporter'
  create(config: z.output<Config>, context: PluginContext): Exporter
  /** The statements that make what the exporter writes into, for `parsec print-ddl`. */
  ddl?(config: z.output<Config>): string
  /**
   * Runs read-only SQL against the store and gives its formatted result, for `parsec query`. Works
   * beside a running service. Rejects with PipelineError.
   */
  query?(config: z.output<Config>, query: StoreQuery, signal: AbortSignal): Promise<Uint8Array>
}

export interface ConnectorPlugin<Config extends z.ZodType = z.ZodType> extends PluginBase<Config> {
  readonly kind: 'connector'
  /** `next` fans out to the pipelines that name this connector as a receiver. */
  create(config: z.output<Config>, context: PluginContext, next: Consumer): Connector
}

export interface ExtensionPlugin<Config extends z.ZodType = z.ZodType> extends PluginBase<Config> {
  readonly kind: 'extension'
  /** True: it speaks for all worker processes, and so runs once, in the process above them. */
  readonly wholeService?: boolean
  create(config: z.output<Config>, context: ExtensionContext): Extension
  /** Where queues lie whose `sending_queue::storage` is this extension. */
  storage?(config: z.output<Config>): QueueStorage
}

export type Plugin =
  | ReceiverPlugin
  | ProcessorPlugin
  | ExporterPlugin
  | ConnectorPlugin
  | ExtensionPlugin

/**
 * Names a plugin's parts and checks their types against each other: `create` receives exactly what
 * `config` outputs.
 */
export function definePlugin<C extends z.ZodType>(plugin: ReceiverPlugin<C>): ReceiverPlugin<C>
export function definePlugin<C extends z.ZodType>(plugin: ProcessorPlugin<C>): ProcessorPlugin<C>
export function definePlugin<C extends z.ZodType>(plugin: ExporterPlugin<C>): ExporterPlugin<C>
export function definePlugin<C extends z.ZodType>(plugin: ConnectorPlugin<C>): ConnectorPlugin<C>
export function definePlugin<C extends z.ZodType>(plugin: ExtensionPlugin<C>): ExtensionPlugin<C>
export function definePlugin(plugin: Plugin): Plugin {
  return plugin
}
