import type { ServiceConfig } from '../config/service-config.ts'
import type { ExporterStats } from '../export/chain.ts'
import { untilAborted } from '../plugin/abort.ts'
import { publishBooks } from './books.ts'
import { type BuildOptions, buildGraph, type Graph } from './build.ts'
import type { ComponentChanges } from './changes.ts'
import { ExporterPart } from './exporter-part.ts'
import type { PipelineStats } from './flow.ts'
import { type Node, startNodes, stopNodes } from './lifecycle.ts'
import { Transition } from './transition.ts'

/** What has gone through, and what is waiting; for `/stats`. */
export interface PipelinesStats {
  readonly pipelines: readonly PipelineStats[]
  readonly exporters: readonly ExporterStats[]
}

/** Another config, built and checked beside the running one. */
export interface PreparedChange {
  readonly changes: ComponentChanges
  /**
   * Goes over to it. Resolves when everything new takes the data; `drained` ends when what is no
   * longer used has stopped. Rejects, with the old config running, when a part cannot start; names
   * it.
   */
  apply(): Promise<{ readonly drained: Promise<void> }>
}

/** The running pipelines of one process. */
export class Pipelines {
  readonly #options: BuildOptions
  #graph: Graph
  /** Ends when all that former configs had running has stopped. Never rejects. */
  #draining: Promise<void> = Promise.resolve()

  constructor(graph: Graph, options: BuildOptions) {
    this.#graph = graph
    this.#options = options
    for (const { instance } of graph.parts.values()) options.statusBoard.put(instance.entry)
    tellPipelines(graph)
  }

  /** Rejects, with everything stopped again, when a component cannot start; names it. */
  async start(): Promise<void> {
    await startNodes(nodesOf(this.#graph), this.#options.logger)
  }

  /**
   * Takes no more, flushes and drains what is inside, and gives up when `deadline` aborts. What
   * then is left behind has been logged and counted. Never rejects.
   */
  async stop(deadline: AbortSignal): Promise<void> {
    const { logger } = this.#options
    const nodes = nodesOf(this.#graph)
    const receivers = nodes.filter(({ phase }) => phase === 'receiver')
    // What a former config left may still send to exporters that are in use.
    const drained = untilAborted(this.#draining, deadline)
    await Promise.all([stopNodes(receivers, deadline, logger), drained])
    const others = nodes.filter(({ phase }) => phase !== 'receiver')
    await stopNodes(others, deadline, logger)
  }

  /**
   * Builds what another config asks for, beside what runs, and opens nothing. Waits for what the
   * config before left to drain, which has `timeoutMs`, as has each step of the change. Throws as
   * `buildPipelines` does. One change at a time; not before `start`, not after `stop`.
   */
  async prepare(config: ServiceConfig, timeoutMs: number): Promise<PreparedChange> {
    await this.#draining
    const next = buildGraph(config, this.#options, this.#graph)
    const transition = new Transition(this.#graph, next, { ...this.#options, timeoutMs })
    return {
      changes: transition.changes,
      apply: async () => {
        const drain = await transition.apply()
        this.#graph = next
        tellPipelines(next)
        this.#draining = drain()
        return { drained: this.#draining }
      },
    }
  }

  /** Where receivers listen, by the label of the component: for the start-up banner. */
  endpoints(): { readonly label: string; readonly endpoints: readonly string[] }[] {
    return [...this.#graph.parts.values()].flatMap(({ label, instance }) => {
      const endpoints = instance.endpoints()
      return endpoints.length === 0 ? [] : [{ label, endpoints }]
    })
  }

  stats(): PipelinesStats {
    const { pipelines, parts } = this.#graph
    return {
      pipelines: [...pipelines.values()].map(({ flow }) => flow.stats()),
      exporters: [...parts.values()].flatMap(part =>
        part instanceof ExporterPart ? [part.stats()] : [],
      ),
    }
  }
}

/**
 * Builds the pipelines that a process with `options.role` runs; nothing is opened before `start`.
 * An OpenTelemetry SDK, if any, MUST be set up before. Throws ConfigError for an unknown role,
 * Error naming the component that cannot be created.
 */
export function buildPipelines(config: ServiceConfig, options: BuildOptions): Pipelines {
  const pipelines = new Pipelines(buildGraph(config, options), options)
  options.metrics.beforeScrape.push(() => publishBooks(pipelines.stats(), options.metrics))
  return pipelines
}

/** Tells every exporter which pipelines send to it now, for its dead letters. */
function tellPipelines({ parts, pipelines }: Graph): void {
  for (const part of parts.values()) {
    if (!(part instanceof ExporterPart)) continue
    const serving = [...pipelines].filter(([, { ends }]) => ends.includes(part.head))
    part.pipelines = serving.map(([id]) => id)
  }
}

function nodesOf(graph: Graph): Node[] {
  return [...graph.nodes.values()].flat()
}
