import type { Logger } from 'pino'
import type { ServiceConfig } from '../config/service-config.ts'
import type { ExporterStats } from '../export/chain.ts'
import { type BuildOptions, buildGraph, type Graph } from './build.ts'
import type { PipelineStats } from './flow.ts'
import { startNodes, stopNodes } from './lifecycle.ts'

/** What has gone through, and what is waiting; for `/stats`. */
export interface PipelinesStats {
  readonly pipelines: readonly PipelineStats[]
  readonly exporters: readonly ExporterStats[]
}

/** The running pipelines of one process. */
export class Pipelines {
  readonly #graph: Graph
  readonly #logger: Logger

  constructor(graph: Graph, logger: Logger) {
    this.#graph = graph
    this.#logger = logger
  }

  /** Rejects, with everything stopped again, when a component cannot start; names it. */
  async start(): Promise<void> {
    await startNodes(this.#graph.nodes, this.#logger)
  }

  /**
   * Takes no more, flushes and drains what is inside, and gives up when `deadline` aborts. What
   * then is left behind has been logged and counted. Never rejects.
   */
  async stop(deadline: AbortSignal): Promise<void> {
    await stopNodes(this.#graph.nodes, deadline, this.#logger)
  }

  /** Where receivers listen, by the label of the component: for the start-up banner. */
  endpoints(): { readonly label: string; readonly endpoints: readonly string[] }[] {
    return this.#graph.nodes.flatMap(({ label, component }) => {
      const endpoints = component.endpoints?.() ?? []
      return endpoints.length === 0 ? [] : [{ label, endpoints }]
    })
  }

  stats(): PipelinesStats {
    return {
      pipelines: this.#graph.flows.map(flow => flow.stats()),
      exporters: this.#graph.chains.map(chain => chain.stats()),
    }
  }
}

/**
 * Builds the pipelines that a process with `options.role` runs; nothing is opened before `start`.
 * An OpenTelemetry SDK, if any, MUST be set up before. Throws ConfigError for an unknown role,
 * Error naming the component that cannot be created.
 */
export function buildPipelines(config: ServiceConfig, options: BuildOptions): Pipelines {
  return new Pipelines(buildGraph(config, options), options.logger)
}
