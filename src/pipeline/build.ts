import { pipelinesOfRole } from '../config/roles.ts'
import type {
  ConfiguredComponent,
  PipelineConfig,
  ServiceConfig,
} from '../config/service-config.ts'
import type { ExportChainOptions } from '../export/chain.ts'
import type {
  Component,
  ComponentKind,
  PluginContext,
  ProcessServices,
} from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import type { StatusBoard } from '../plugin/status-board.ts'
import { letterPlaceOf } from './dead-letters.ts'
import { ExporterChange } from './exporter-change.ts'
import { ExporterPart } from './exporter-part.ts'
import { type DeadLetterTarget, exporterSpec, sameSpec } from './exporter-spec.ts'
import { fanOut } from './fan-out.ts'
import { countIncoming, countOutgoing, Flow } from './flow.ts'
import { Gate } from './gate.ts'
import { Guard } from './guard.ts'
import { Instance } from './instance.ts'
import type { Node } from './lifecycle.ts'
import { type Part, StagePart } from './part.ts'
import { sameConfig } from './same-config.ts'
import { withSpan } from './spans.ts'

export interface BuildOptions
  extends ProcessServices,
    Pick<ExportChainOptions, 'clock' | 'random'> {
  /** Absent: all pipelines. */
  readonly role?: string | undefined
  readonly statusBoard: StatusBoard
}

/** One pipeline, and what tells whether a later config leaves it as it is. */
interface BuiltPipeline {
  readonly flow: Flow
  /** The exporters and connectors it sends to, in order. */
  readonly ends: readonly Consumer[]
  /** Before the ends. */
  readonly tail: Consumer
  /** Its first processor, or the tail. */
  readonly first: Consumer
  readonly head: Consumer
}

/** The pipelines of one receiver or connector, as one. */
interface Join {
  readonly heads: readonly Consumer[]
  readonly consumer: Consumer
}

export interface Graph {
  /** By label; from exporters to receivers. */
  readonly parts: ReadonlyMap<string, Part>
  readonly nodes: ReadonlyMap<Part, readonly Node[]>
  readonly pipelines: ReadonlyMap<string, BuiltPipeline>
  /** By the id of the receiver or connector. */
  readonly joins: ReadonlyMap<string, Join>
  /** Parts taken over from the running graph, and where they are to send to. */
  readonly leads: ReadonlyMap<StagePart, Consumer>
  /** Exporters taken over that get another config. */
  readonly changes: readonly ExporterChange[]
}

/**
 * Builds the components of a role's pipelines, from the exporters back to the receivers, and wires
 * each to the next. Receivers and exporters are shared by the pipelines that name them; processors
 * belong to one pipeline. Throws ConfigError for an unknown role, Error when a component cannot be
 * created from its config.
 *
 * With `running`, every part of that graph is taken over that has the same config and leads to the
 * same stages; receivers, connectors and exporters also when only what they lead to, or what leads
 * to them, is another. Nothing of the running graph is touched.
 */
export function buildGraph(config: ServiceConfig, options: BuildOptions, running?: Graph): Graph {
  return new GraphBuilder(config, options, running).build()
}

/** Where a stage takes data in, and the nodes behind it that must outlive its senders. */
interface Entry {
  readonly consumer: Consumer
  readonly nodes: readonly Node[]
}

class GraphBuilder implements Graph {
  readonly parts = new Map<string, Part>()
  readonly nodes = new Map<Part, readonly Node[]>()
  readonly pipelines = new Map<string, BuiltPipeline>()
  readonly joins = new Map<string, Join>()
  readonly leads = new Map<StagePart, Consumer>()
  readonly changes: ExporterChange[] = []
  readonly #config: ServiceConfig
  readonly #options: BuildOptions
  readonly #running: Graph | undefined
  readonly #pipelineConfigs: readonly PipelineConfig[]
  readonly #entries = new Map<string, Entry | 'in progress'>()
  readonly #ends = new Map<string, Entry>()
  readonly #connectors = new Set<string>()

  constructor(config: ServiceConfig, options: BuildOptions, running: Graph | undefined) {
    this.#config = config
    this.#options = options
    this.#running = running
    this.#pipelineConfigs = pipelinesOfRole(config, options.role)
  }

  build(): Graph {
    for (const pipeline of this.#pipelineConfigs) this.#pipelineEntry(pipeline)
    for (const id of new Set(this.#pipelineConfigs.flatMap(({ receivers }) => receivers))) {
      const receiver = this.#config.receivers.get(id)
      if (receiver !== undefined) this.#addReceiver(receiver)
      else if (!this.#connectors.has(id)) {
        throw new Error(`connector ${id} receives nothing: no pipeline of this role exports to it`)
      }
    }
    return this
  }

  /** Built on the first call; later ones, and connectors, get the same. */
  #pipelineEntry(pipeline: PipelineConfig): Entry {
    const { id } = pipeline
    const known = this.#entries.get(id)
    if (known === 'in progress') throw new Error(`pipeline ${id} feeds itself`)
    if (known !== undefined) return known
    this.#entries.set(id, 'in progress')
    const before = this.#running?.pipelines.get(id)
    const flow = before?.flow ?? new Flow(id)
    const entries = pipeline.exporters.map(name => this.#end(name))
    const ends = entries.map(entry => entry.consumer)
    const branches = pipeline.exporters.map((name, i) => ({ name, next: ends[i]! }))
    const tail =
      before !== undefined && isSame(before.ends, ends)
        ? before.tail
        : flow.exit(fanOut(branches, { ...this.#options, separateOrigins: false }))
    let entry: Entry = { consumer: tail, nodes: entries.flatMap(({ nodes }) => nodes) }
    for (const name of pipeline.processors.toReversed()) {
      entry = this.#addProcessor(required(this.#config.processors, name), id, entry)
    }
    const first = entry.consumer
    const head =
      before?.first === first ? before.head : withSpan(flow.entry(first), `pipeline ${id}`)
    const whole = { ...entry, consumer: head }
    this.#entries.set(id, whole)
    this.pipelines.set(id, { flow, ends, tail, first, head })
    return whole
  }

  /** An exporter, or a connector as the exporter it is here. */
  #end(id: string): Entry {
    const known = this.#ends.get(id)
    if (known !== undefined) return known
    const exporter = this.#config.exporters.get(id)
    const end =
      exporter === undefined
        ? this.#addConnector(required(this.#config.connectors, id))
        : this.#addExporter(exporter)
    this.#ends.set(id, end)
    return end
  }

  #addExporter(configured: ConfiguredComponent): Entry {
    const before = this.#running?.parts.get(`exporter ${configured.id}`)
    const known = before instanceof ExporterPart ? before : undefined
    const deadLetter = this.#deadLetterTarget(configured.id)
    const spec = { ...exporterSpec(this.#config, configured), deadLetter }
    const part = known ?? new ExporterPart(spec, this.#options)
    if (known !== undefined && !sameSpec(known.spec, spec)) {
      this.changes.push(new ExporterChange(known, spec, this.#options))
    }
    const [queue, exporter] = this.#add(part, [])
    exporter!.upstream.push(queue!)
    if (deadLetter !== undefined && 'exporter' in deadLetter) {
      const keeper = this.#exporterPart(deadLetter.exporter)
      // What it takes comes past its queue, so that only the exporter itself must outlive us.
      this.nodes.get(keeper)!.at(-1)!.upstream.push(queue!)
    }
    return { consumer: part.head, nodes: [queue!] }
  }

  /** Where the dead letters of an exporter go; builds the exporter that takes them. */
  #deadLetterTarget(exporter: string): DeadLetterTarget | undefined {
    const place = letterPlaceOf(this.#config, this.#pipelineConfigs, exporter)
    if (place === undefined || !('exporter' in place)) return place
    this.#end(place.exporter)
    return { ...place, consumer: this.#exporterPart(place.exporter).deadLetters }
  }

  #exporterPart(id: string): ExporterPart {
    const part = required(this.parts, `exporter ${id}`)
    if (part instanceof ExporterPart) return part
    throw new Error(`${id} is no exporter`)
  }

  #addProcessor(configured: ConfiguredComponent, pipeline: string, next: Entry): Entry {
    const { id, plugin, config } = configured
    if (plugin.kind !== 'processor') throw new Error(`${id} is no processor`)
    const { metrics } = this.#options
    const label = `processor ${id} of ${pipeline}`
    const known = this.#known(label, configured)
    if (known !== undefined && known.next === next.consumer) {
      return this.#takeOver(known, next)
    }
    const outgoing = countOutgoing(next.consumer, metrics, id, pipeline)
    const instance = this.#instance('processor', configured, pipeline, context =>
      plugin.create(config, context, outgoing),
    )
    const guarded = withSpan(new Guard(instance.component, instance.context), `processor ${id}`)
    const inlet = countIncoming(guarded, metrics, id, pipeline)
    const part = new StagePart({ label, phase: 'processor', instance, inlet, next: next.consumer })
    return { consumer: inlet, nodes: this.#add(part, next.nodes) }
  }

  #addConnector(configured: ConfiguredComponent): Entry {
    const { id, plugin, config } = configured
    if (plugin.kind !== 'connector') throw new Error(`${id} is no connector`)
    const label = `connector ${id}`
    const known = this.#known(label, configured)
    const next = this.#entryOfReceiver(id)
    if (next === undefined) {
      throw new Error(`connector ${id} leads nowhere: no pipeline of this role receives from it`)
    }
    this.#connectors.add(id)
    if (known !== undefined) return this.#takeOver(known, next)
    const outlet = new Gate(next.consumer)
    const instance = this.#instance('connector', configured, undefined, context =>
      plugin.create(config, context, outlet),
    )
    const inlet = withSpan(new Guard(instance.component, instance.context), label)
    const { consumer } = next
    const part = new StagePart({
      label,
      phase: 'processor',
      instance,
      inlet,
      outlet,
      next: consumer,
    })
    return { consumer: inlet, nodes: this.#add(part, next.nodes) }
  }

  #addReceiver(configured: ConfiguredComponent): void {
    const { id, plugin, config } = configured
    if (plugin.kind !== 'receiver') throw new Error(`${id} is no receiver`)
    const label = `receiver ${id}`
    const known = this.#known(label, configured)
    const next = this.#entryOfReceiver(id)!
    if (known !== undefined) {
      this.#takeOver(known, next)
      return
    }
    const outlet = new Gate(next.consumer)
    const renew = (): Instance =>
      this.#instance('receiver', configured, undefined, context =>
        plugin.create(config, context, outlet),
      )
    const { consumer } = next
    const instance = renew()
    const part = new StagePart({
      label,
      phase: 'receiver',
      instance,
      outlet,
      renew,
      next: consumer,
    })
    this.#add(part, next.nodes)
  }

  /** The pipelines that name `id` as a receiver, as one. */
  #entryOfReceiver(id: string): Entry | undefined {
    const pipelines = this.#pipelineConfigs.filter(({ receivers }) => receivers.includes(id))
    if (pipelines.length === 0) return undefined
    const entries = pipelines.map(pipeline => this.#pipelineEntry(pipeline))
    const nodes = entries.flatMap(entry => entry.nodes)
    const heads = entries.map(({ consumer }) => consumer)
    const before = this.#running?.joins.get(id)
    const branches = pipelines.map(({ id: name }, i) => ({ name, next: heads[i]! }))
    const consumer =
      before !== undefined && isSame(before.heads, heads)
        ? before.consumer
        : fanOut(branches, { ...this.#options, separateOrigins: true })
    this.joins.set(id, { heads, consumer })
    return { consumer, nodes }
  }

  /** The part of the running graph with this label, if it has this very config. */
  #known(label: string, configured: ConfiguredComponent): StagePart | undefined {
    const part = this.#running?.parts.get(label)
    if (!(part instanceof StagePart)) return undefined
    return sameConfig(part.instance.configured, configured) ? part : undefined
  }

  #takeOver(part: StagePart, next: Entry): Entry {
    if (part.next !== next.consumer) this.leads.set(part, next.consumer)
    return { consumer: part.inlet ?? next.consumer, nodes: this.#add(part, next.nodes) }
  }

  #instance<C extends Component>(
    kind: ComponentKind,
    configured: ConfiguredComponent,
    pipeline: string | undefined,
    create: (context: PluginContext) => C,
  ): Instance<C> {
    return new Instance({ ...this.#options, kind, configured, pipeline }, create)
  }

  /** Adds a part that sends to the parts of these nodes. */
  #add(part: Part, next: readonly Node[]): readonly Node[] {
    const nodes = part.createNodes()
    for (const node of next) node.upstream.push(...nodes)
    this.parts.set(part.label, part)
    this.nodes.set(part, nodes)
    return nodes
  }
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}

/** The config has been checked: every reference exists. */
function required<C>(components: ReadonlyMap<string, C>, id: string): C {
  const component = components.get(id)
  if (component === undefined) throw new Error(`${id} is used but not configured`)
  return component
}
