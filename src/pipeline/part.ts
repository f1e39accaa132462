import type { ConfiguredComponent } from '../config/service-config.ts'
import type { Component } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import type { Gate } from './gate.ts'
import type { Instance } from './instance.ts'
import type { Node, Phase } from './lifecycle.ts'

/** What a graph is made of, and what a later graph may take over while it runs. */
export interface Part {
  /** Unique in a graph, and for people: `exporter clickhouse`, `processor batch of logs/a`. */
  readonly label: string
  /** What it was last brought to. */
  readonly configured: ConfiguredComponent
  /** The component that runs now. */
  readonly instance: Instance
  /** New nodes for one graph, in the order in which data passes them. */
  createNodes(): readonly Node[]
}

export interface StageOptions {
  readonly label: string
  readonly phase: Phase
  readonly instance: Instance
  /** Where others send to it; absent for receivers. */
  readonly inlet?: Consumer
  /** Where it sends to. */
  readonly next: Consumer
  /** What the component itself was given as next, when that can be led elsewhere. */
  readonly outlet?: Gate
  /** Creates the component once more, for receivers. */
  readonly renew?: () => Instance
}

/** A receiver, a processor or a connector. */
export class StagePart implements Part {
  readonly #options: StageOptions
  #instance: Instance
  #next: Consumer

  constructor(options: StageOptions) {
    this.#options = options
    this.#instance = options.instance
    this.#next = options.next
  }

  get label(): string {
    return this.#options.label
  }

  get configured(): ConfiguredComponent {
    return this.#instance.configured
  }

  get instance(): Instance {
    return this.#instance
  }

  get inlet(): Consumer | undefined {
    return this.#options.inlet
  }

  get next(): Consumer {
    return this.#next
  }

  createNodes(): readonly Node[] {
    return [nodeOf(this.label, this.#options.phase, () => this.#instance)]
  }

  /** Sends what comes from now on to `next`. Resolves when all before has its verdict. */
  async lead(next: Consumer): Promise<void> {
    this.#next = next
    await this.#options.outlet?.open(next)
  }

  /** Puts a new component in the place of one that was stopped; it is to be started. */
  renew(): Instance {
    const before = this.#instance
    this.#instance = this.#options.renew?.() ?? before
    before.retire()
    return this.#instance
  }
}

/** The node of the chain before an exporter: it has no status of its own. */
export function queueNode(exporterLabel: string, chain: () => Component): Node {
  return {
    label: `sending queue of ${exporterLabel}`,
    phase: 'queue',
    component: {
      start: () => chain().start?.() ?? Promise.resolve(),
      stop: deadline => chain().stop?.(deadline) ?? Promise.resolve(),
    },
    upstream: [],
    report: () => undefined,
    hasReported: () => true,
  }
}

/** The node of a component that may be replaced by another one. */
export function nodeOf(label: string, phase: Phase, instance: () => Instance): Node {
  const component: Component = {
    start: () => instance().start(),
    stop: deadline => instance().stop(deadline),
    endpoints: () => instance().endpoints(),
  }
  return {
    label,
    phase,
    component,
    upstream: [],
    report: (status, detail) => instance().report(status, detail),
    hasReported: () => instance().hasReported,
  }
}
