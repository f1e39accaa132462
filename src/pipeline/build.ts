import type { Logger } from 'pino'
import { pipelinesOfRole } from '../config/roles.ts'
import type {
  ConfiguredComponent,
  PipelineConfig,
  ServiceConfig,
} from '../config/service-config.ts'
import { ExporterDestination } from '../dead-letter/exporter-destination.ts'
import type { DeadLetterDestination } from '../dead-letter/letter.ts'
import {
  buildExportChain,
  chainConfigOf,
  type ExportChain,
  type ExportChainOptions,
} from '../export/chain.ts'
import type { Component, ComponentKind, PluginContext } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import type { StatusBoard } from '../plugin/status-board.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { DeadLetters } from './dead-letters.ts'
import { fanOut } from './fan-out.ts'
import { countIncoming, countOutgoing, Flow } from './flow.ts'
import { Guard } from './guard.ts'
import type { Node, Phase } from './lifecycle.ts'
import { createPluginContext } from './plugin-context.ts'
import { withSpan } from './spans.ts'
import { storagesOf } from './storages.ts'

export interface BuildOptions extends Pick<ExportChainOptions, 'clock' | 'random'> {
  /** Absent: all pipelines. */
  readonly role?: string | undefined
  readonly logger: Logger
  readonly metrics: Metrics
  readonly statusBoard: StatusBoard
}

export interface Graph {
  readonly nodes: readonly Node[]
  readonly flows: readonly Flow[]
  readonly chains: readonly ExportChain[]
}

/**
 * Builds the components of a role's pipelines, from the exporters back to the receivers, and wires
 * each to the next. Receivers and exporters are shared by the pipelines that name them; processors
 * belong to one pipeline. Throws ConfigError for an unknown role, Error when a component cannot be
 * created from its config.
 */
export function buildGraph(config: ServiceConfig, options: BuildOptions): Graph {
  return new GraphBuilder(config, options).build()
}

/** Where a stage takes data in, and the nodes behind it that must outlive its senders. */
interface Entry {
  readonly consumer: Consumer
  readonly addUpstream: (node: Node) => void
}

/** Where dead letters go in, and the nodes behind it that must outlive their senders. */
interface LetterEntry {
  readonly destination: DeadLetterDestination
  readonly addUpstream: (node: Node) => void
}

interface Contextual {
  readonly context: PluginContext
  readonly report: PluginContext['reportStatus']
  readonly hasReported: () => boolean
}

/** For parts that have no status of their own. */
const SILENT = { report: () => {}, hasReported: () => true }

class GraphBuilder {
  readonly #config: ServiceConfig
  readonly #options: BuildOptions
  readonly #pipelines: readonly PipelineConfig[]
  readonly #entries = new Map<string, Entry | 'in progress'>()
  readonly #tails = new Map<string, Entry>()
  readonly #connectors = new Map<string, Node>()
  readonly #nodes: Node[] = []
  readonly #flows: Flow[] = []
  readonly #chains: ExportChain[] = []
  readonly #deadLetters: DeadLetters
  /** By exporter id, or the store itself: where dead letters go in. */
  readonly #letterEntries = new Map<unknown, LetterEntry>()

  constructor(config: ServiceConfig, options: BuildOptions) {
    this.#config = config
    this.#options = options
    this.#pipelines = pipelinesOfRole(config, options.role)
    this.#deadLetters = new DeadLetters(config, this.#pipelines, options.logger)
  }

  build(): Graph {
    for (const pipeline of this.#pipelines) this.#pipelineEntry(pipeline)
    for (const id of new Set(this.#pipelines.flatMap(({ receivers }) => receivers))) {
      const receiver = this.#config.receivers.get(id)
      if (receiver !== undefined) this.#addReceiver(receiver)
      else if (!this.#connectors.has(id)) {
        throw new Error(`connector ${id} receives nothing: no pipeline of this role exports to it`)
      }
    }
    return { nodes: this.#nodes, flows: this.#flows, chains: this.#chains }
  }

  /** Built on the first call; later ones, and connectors, get the same. */
  #pipelineEntry(pipeline: PipelineConfig): Entry {
    const known = this.#entries.get(pipeline.id)
    if (known === 'in progress') throw new Error(`pipeline ${pipeline.id} feeds itself`)
    if (known !== undefined) return known
    this.#entries.set(pipeline.id, 'in progress')
    const flow = new Flow(pipeline.id)
    const tails = pipeline.exporters.map(id => ({ id, entry: this.#tail(id) }))
    const branches = tails.map(({ id, entry }) => ({ name: id, next: entry.consumer }))
    const tail = flow.exit(fanOut(branches, { ...this.#options, separateOrigins: false }))
    let entry: Entry = joined(
      tail,
      tails.map(tail => tail.entry),
    )
    for (const id of pipeline.processors.toReversed()) {
      entry = this.#addProcessor(required(this.#config.processors, id), pipeline.id, entry)
    }
    const head = withSpan(flow.entry(entry.consumer), `pipeline ${pipeline.id}`)
    const whole = { ...entry, consumer: head }
    this.#entries.set(pipeline.id, whole)
    this.#flows.push(flow)
    return whole
  }

  /** An exporter, or a connector as the exporter it is here. */
  #tail(id: string): Entry {
    const known = this.#tails.get(id)
    if (known !== undefined) return known
    const exporter = this.#config.exporters.get(id)
    const tail =
      exporter === undefined
        ? this.#addConnector(required(this.#config.connectors, id))
        : this.#addExporter(exporter)
    this.#tails.set(id, tail)
    return tail
  }

  #addExporter({ id, plugin, config }: ConfiguredComponent): Entry {
    if (plugin.kind !== 'exporter') throw new Error(`${id} is no exporter`)
    const own = this.#contextual('exporter', id)
    const exporter = this.#create(own, () => plugin.create(config, own.context))
    const guarded = withSpan(new Guard(exporter, own.context), `exporter ${id}`)
    const letters = this.#letterEntryOf(id)
    const chain = buildExportChain(guarded, chainConfigOf(config), own.context, {
      ...this.#options,
      deadLetter: letters?.destination,
      pipelines: this.#deadLetters.pipelinesOf(id),
      storages: storagesOf(this.#config),
    })
    this.#chains.push(chain)
    const label = `exporter ${id}`
    const queue = this.#addNode(`sending queue of ${label}`, 'queue', chain, SILENT)
    const { addUpstream } = this.#addNode(label, 'exporter', exporter, own)
    addUpstream(queue.node)
    letters?.addUpstream(queue.node)
    const destination = new ExporterDestination(id, chain.direct)
    this.#letterEntries.set(id, { destination, addUpstream })
    return { consumer: chain, addUpstream: queue.addUpstream }
  }

  /** Where the dead letters of an exporter go in; undefined when they go nowhere. */
  #letterEntryOf(exporter: string): LetterEntry | undefined {
    const way = this.#deadLetters.wayOf(exporter)
    if (way === undefined) return undefined
    if (way.kind === 'exporter') {
      this.#tail(way.id)
      return required(this.#letterEntries, way.id)
    }
    const { store } = way
    const known = this.#letterEntries.get(store)
    if (known !== undefined) return known
    const { addUpstream } = this.#addNode(
      `dead letters in ${store.name}`,
      'exporter',
      store,
      SILENT,
    )
    const entry = { destination: store, addUpstream }
    this.#letterEntries.set(store, entry)
    return entry
  }

  #addProcessor({ id, plugin, config }: ConfiguredComponent, pipeline: string, next: Entry): Entry {
    if (plugin.kind !== 'processor') throw new Error(`${id} is no processor`)
    const { metrics } = this.#options
    const own = this.#contextual('processor', id, pipeline)
    const outgoing = countOutgoing(next.consumer, metrics, id, pipeline)
    const processor = this.#create(own, () => plugin.create(config, own.context, outgoing))
    const guarded = withSpan(new Guard(processor, own.context), `processor ${id}`)
    const label = `processor ${id} of ${pipeline}`
    const { node, addUpstream } = this.#addNode(label, 'processor', processor, own)
    next.addUpstream(node)
    return { consumer: countIncoming(guarded, metrics, id, pipeline), addUpstream }
  }

  #addConnector({ id, plugin, config }: ConfiguredComponent): Entry {
    if (plugin.kind !== 'connector') throw new Error(`${id} is no connector`)
    const own = this.#contextual('connector', id)
    const next = this.#entryOfReceiver(id)
    if (next === undefined) {
      throw new Error(`connector ${id} leads nowhere: no pipeline of this role receives from it`)
    }
    const connector = this.#create(own, () => plugin.create(config, own.context, next.consumer))
    const { node, addUpstream } = this.#addNode(`connector ${id}`, 'processor', connector, own)
    next.addUpstream(node)
    this.#connectors.set(id, node)
    return { consumer: withSpan(new Guard(connector, own.context), `connector ${id}`), addUpstream }
  }

  #addReceiver({ id, plugin, config }: ConfiguredComponent): void {
    if (plugin.kind !== 'receiver') throw new Error(`${id} is no receiver`)
    const own = this.#contextual('receiver', id)
    const next = this.#entryOfReceiver(id)!
    const receiver = this.#create(own, () => plugin.create(config, own.context, next.consumer))
    next.addUpstream(this.#addNode(`receiver ${id}`, 'receiver', receiver, own).node)
  }

  /** The pipelines that name `id` as a receiver, as one. */
  #entryOfReceiver(id: string): Entry | undefined {
    const pipelines = this.#pipelines.filter(({ receivers }) => receivers.includes(id))
    if (pipelines.length === 0) return undefined
    const entries = pipelines.map(pipeline => this.#pipelineEntry(pipeline))
    const branches = pipelines.map(({ id: name }, i) => ({ name, next: entries[i]!.consumer }))
    return joined(fanOut(branches, { ...this.#options, separateOrigins: true }), entries)
  }

  #contextual(kind: ComponentKind, id: string, pipeline?: string): Contextual {
    const { logger, metrics, statusBoard } = this.#options
    const report = statusBoard.add(kind, id, pipeline)
    let reported = false
    const context = createPluginContext({
      kind,
      id,
      pipeline,
      logger,
      metrics,
      reportStatus: (status, detail) => {
        reported = true
        report(status, detail)
      },
    })
    return { context, report, hasReported: () => reported }
  }

  #create<C>({ context }: Contextual, create: () => C): C {
    try {
      return create()
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      throw new Error(`${context.kind} ${context.id}: ${message}`, { cause: thrown })
    }
  }

  #addNode(
    label: string,
    phase: Phase,
    component: Component,
    { report, hasReported }: Pick<Contextual, 'report' | 'hasReported'>,
  ): { node: Node; addUpstream: (node: Node) => void } {
    const upstream: Node[] = []
    const node: Node = { label, phase, component, upstream, report, hasReported }
    this.#nodes.push(node)
    return { node, addUpstream: other => void upstream.push(other) }
  }
}

/** A consumer in front of several entries: who sends to it, sends to all of them. */
function joined(consumer: Consumer, entries: readonly Entry[]): Entry {
  return {
    consumer,
    addUpstream: node => {
      for (const entry of entries) entry.addUpstream(node)
    },
  }
}

/** The config has been checked: every reference exists. */
function required<C>(components: ReadonlyMap<unknown, C>, id: string): C {
  const component = components.get(id)
  if (component === undefined) throw new Error(`${id} is used but not configured`)
  return component
}
