import type { ConfiguredComponent } from '../config/service-config.ts'
import { ExporterDestination } from '../dead-letter/exporter-destination.ts'
import type { DeadLetterDestination } from '../dead-letter/letter.ts'
import { DeadLetterStore } from '../dead-letter/store.ts'
import {
  buildExportChain,
  chainConfigOf,
  type ExportChain,
  type ExportChainOptions,
  type ExporterStats,
} from '../export/chain.ts'
import type { Exporter, PluginContext, ProcessServices } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { AdoptedQueues } from './adopted-queues.ts'
import { addCounts, type ExporterCounts, handedOver } from './exporter-counts.ts'
import type { DeadLetterTarget, ExporterSpec } from './exporter-spec.ts'
import { Gate } from './gate.ts'
import { Guard } from './guard.ts'
import { Instance } from './instance.ts'
import type { Node } from './lifecycle.ts'
import { nodeOf, type Part, queueNode } from './part.ts'
import { withSpan } from './spans.ts'

export type ExporterPartOptions = ProcessServices & Pick<ExportChainOptions, 'clock' | 'random'>

/**
 * An exporter and the chain before it. Both can be exchanged, each alone: the pipelines send to a
 * gate before the chain, and the chain sends to a gate before the exporter. So a queue keeps what is
 * in it when only the exporter behind it changes.
 */
export class ExporterPart implements Part {
  readonly label: string
  readonly #options: ExporterPartOptions
  readonly #head = new Gate()
  readonly #tail = new Gate()
  readonly #context: PluginContext
  /** What it was last brought to. */
  spec: ExporterSpec
  /** Ids of the pipelines that send to it, for its dead letters. */
  pipelines: readonly string[] = []
  #instance: Instance<Exporter>
  #chain: ExportChain
  /** Chains that were replaced and still drain. */
  readonly #former = new Set<ExportChain>()
  /** What chains sent that are gone, in log records. */
  #past: ExporterCounts | undefined

  /** Throws an Error that names the exporter when it cannot be created. */
  constructor(spec: ExporterSpec, options: ExporterPartOptions) {
    this.spec = spec
    this.label = `exporter ${spec.configured.id}`
    this.#options = options
    this.#instance = this.create(spec.configured)
    const { context } = this.#instance
    // The chain may outlive the exporter it was built with.
    this.#context = {
      ...context,
      reportStatus: (status, detail) => this.#instance.context.reportStatus(status, detail),
    }
    this.#chain = this.createChain(spec)
    void this.#tail.open(this.#instance.component)
    void this.#head.open(this.#chain)
  }

  get configured(): ConfiguredComponent {
    return this.spec.configured
  }

  get instance(): Instance<Exporter> {
    return this.#instance
  }

  get chain(): ExportChain {
    return this.#chain
  }

  /** Between the pipelines and the chain. */
  get head(): Gate {
    return this.#head
  }

  /** Between the chain and the exporter. */
  get tail(): Gate {
    return this.#tail
  }

  createNodes(): readonly Node[] {
    const adopted = new AdoptedQueues(this, this.spec, this.#context.logger)
    const queue = queueNode(this.label, () => ({
      start: async () => {
        await this.#chain.start?.()
        await adopted.start()
      },
      stop: async deadline => {
        await Promise.all([this.#chain.stop(deadline), adopted.stop(deadline)])
      },
    }))
    return [queue, nodeOf(this.label, 'exporter', () => this.#instance)]
  }

  /** A new exporter of the same id, neither started nor in use. Throws as the constructor. */
  create(configured: ConfiguredComponent): Instance<Exporter> {
    const { plugin, config, id } = configured
    if (plugin.kind !== 'exporter') throw new Error(`${id} is no exporter`)
    return new Instance({ kind: 'exporter', configured, ...this.#options }, context =>
      plugin.create(config, context),
    )
  }

  /** A new chain before the same gate, neither started nor in use. */
  createChain({ configured, chain, deadLetter: target }: ExporterSpec): ExportChain {
    const guarded = withSpan(new Guard(this.#tail, this.#context), this.label)
    const deadLetter = target && this.#createDestination(target)
    const options = {
      ...this.#options,
      ...chain,
      ready: (signal: AbortSignal) => this.#tail.ready(signal),
      deadLetter,
      pipelines: () => this.pipelines,
    }
    return buildExportChain(guarded, chainConfigOf(configured.config), this.#context, options)
  }

  /** The way in for the dead letters of others; the same whatever is exchanged. */
  get deadLetters(): Consumer {
    return { consume: (batch, signal) => this.#chain.direct.consume(batch, signal) }
  }

  #createDestination(target: DeadLetterTarget): DeadLetterDestination {
    if ('exporter' in target) return new ExporterDestination(target.exporter, target.consumer)
    return new DeadLetterStore({ ...target, logger: this.#context.logger })
  }

  /** Sends what the chain gives out to `instance` from now on. */
  useInstance(instance: Instance<Exporter>): void {
    this.#instance.retire()
    this.#instance = instance
    void this.#tail.open(instance.component)
  }

  /** Sends new batches into `chain`. Resolves when the one before holds up no sender any more. */
  async useChain(chain: ExportChain): Promise<void> {
    this.#former.add(this.#chain)
    this.#former.delete(chain)
    this.#chain = chain
    await this.#head.open(chain)
  }

  /** Counts what a chain sends that pipelines do not send into. */
  adopt(chain: ExportChain): void {
    this.#former.add(chain)
    this.#restoreGauges()
  }

  /**
   * A chain that was replaced has stopped: only its figures stay. `isHandedOver`: the present chain
   * has found what it had not sent.
   */
  forget(chain: ExportChain, isHandedOver: boolean): void {
    if (!this.#former.delete(chain)) return
    const counts = isHandedOver ? handedOver(chain.stats()) : chain.stats()
    this.#past = this.#past === undefined ? counts : addCounts(this.#past, counts)
    this.#restoreGauges()
  }

  /** Both chains had the same gauges: they are the present one's again. */
  #restoreGauges(): void {
    const { exporterQueueSize, exporterQueueCapacity } = this.#options.metrics
    const { queue } = this.#chain.stats()
    const { id } = this.configured
    if (queue === undefined) {
      exporterQueueSize.remove(id)
      exporterQueueCapacity.remove(id)
    } else {
      exporterQueueSize.labels(id).set(queue.size)
      exporterQueueCapacity.labels(id).set(queue.capacity)
    }
  }

  /** Of all chains there were, with the queue of the present one. */
  stats(): ExporterStats {
    const now = this.#chain.stats()
    const others = [...this.#former].map(chain => chain.stats())
    const past = this.#past === undefined ? [] : [this.#past]
    return { ...now, ...[...past, ...others].reduce(addCounts, now) }
  }
}
