import type { Logger } from 'pino'
import type { ConfiguredComponent } from '../config/service-config.ts'
import { chainConfigOf, type ExportChain } from '../export/chain.ts'
import { untilAborted } from '../plugin/abort.ts'
import type { Exporter } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import type { StatusBoard } from '../plugin/status-board.ts'
import type { ExporterPart } from './exporter-part.ts'
import type { Instance } from './instance.ts'
import { startNode, stopNode } from './lifecycle.ts'
import { nodeOf } from './part.ts'
import { changedKeys } from './same-config.ts'

/** Keys that only the chain reads; `timeout` is read by both. */
const CHAIN_KEYS = ['sending_queue', 'retry_on_failure']

export interface ExporterChangeOptions {
  readonly logger: Logger
  readonly statusBoard: StatusBoard
}

/**
 * The way of one exporter to a new config. The old one is stopped before the new one starts, because
 * both may need the same file, directory or engine; meanwhile batches wait. Only a chain in memory
 * is left to drain beside its successor, with which it shares nothing.
 */
export class ExporterChange {
  readonly #part: ExporterPart
  readonly #from: ConfiguredComponent
  readonly #to: ConfiguredComponent
  readonly #options: ExporterChangeOptions
  readonly #next: Instance<Exporter> | undefined
  readonly #changesChain: boolean
  /** Of the part's present exporter and chain: has it been stopped? */
  #exporterIsStopped = false
  #chainIsStopped = false
  #hasNewExporter = false
  #hasNewChain = false
  /** Whose config the present chain has. */
  #chainOf: ConfiguredComponent
  /** Replaced, not yet drained. */
  #left: ExportChain | undefined

  /** Creates the new exporter, if it must be another; throws an Error with its name. */
  constructor(part: ExporterPart, to: ConfiguredComponent, options: ExporterChangeOptions) {
    this.#part = part
    this.#from = part.configured
    this.#to = to
    this.#options = options
    this.#chainOf = this.#from
    const keys = changedKeys(this.#from.config, to.config)
    const isOther = keys.some(key => !CHAIN_KEYS.includes(key)) || this.#from.plugin !== to.plugin
    this.#next = isOther ? part.create(to) : undefined
    this.#changesChain =
      changedKeys(chainConfigOf(this.#from.config), chainConfigOf(to.config)).length > 0
  }

  get part(): ExporterPart {
    return this.#part
  }

  get to(): ConfiguredComponent {
    return this.#to
  }

  /** Rejects when the new exporter or its queue cannot start; the old ones then run again. */
  async apply(deadline: AbortSignal): Promise<void> {
    try {
      if (this.#next !== undefined) {
        this.#hasNewExporter = true
        await this.#useExporter(this.#next, deadline)
      }
      if (this.#changesChain) {
        this.#hasNewChain = true
        await this.#useChainOf(this.#to, deadline)
      }
      this.#part.configured = this.#to
    } catch (thrown) {
      await this.undo(deadline)
      throw thrown
    }
  }

  /** Goes back to the old config. Never rejects. */
  async undo(deadline: AbortSignal): Promise<void> {
    const part = this.#part
    part.configured = this.#from
    if (this.#hasNewChain) {
      await this.#attempt(part.head, () => this.#undoChain(deadline))
      await this.finish(deadline)
    }
    if (this.#hasNewExporter) {
      await this.#attempt(part.tail, () => this.#useExporter(part.create(this.#from), deadline))
    }
  }

  /** Drains the chain that `apply` has replaced. Never rejects. */
  async finish(deadline: AbortSignal): Promise<void> {
    if (this.#left === undefined) return
    await this.#stopChain(this.#left, deadline)
    this.#part.forget(this.#left)
    this.#left = undefined
  }

  async #useExporter(next: Instance<Exporter>, deadline: AbortSignal): Promise<void> {
    const { label, tail, instance: before } = this.#part
    const { logger, statusBoard } = this.#options
    before.report('starting', 'its config has changed; it is being replaced')
    before.retire()
    await untilAborted(tail.close(), deadline)
    const node = nodeOf(label, 'exporter', () => before)
    if (!this.#exporterIsStopped) await stopNode(node, deadline, logger)
    this.#exporterIsStopped = true
    await startNode(nodeOf(label, 'exporter', () => next))
    this.#exporterIsStopped = false
    statusBoard.put(next.entry, before.entry)
    this.#part.useInstance(next)
  }

  async #useChainOf(configured: ConfiguredComponent, deadline: AbortSignal): Promise<void> {
    const part = this.#part
    const before = part.chain
    const waits = isDurable(this.#chainOf)
    if (waits) {
      const passed = part.head.close()
      if (!this.#chainIsStopped) await this.#stopChain(before, deadline)
      this.#chainIsStopped = true
      await untilAborted(passed, deadline)
    }
    const next = part.createChain(configured)
    try {
      await next.start?.()
    } catch (cause) {
      await this.#stopChain(next, deadline)
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`sending queue of ${part.label} did not start: ${message}`, { cause })
    }
    void part.useChain(next)
    this.#chainIsStopped = false
    this.#chainOf = configured
    if (waits) part.forget(before)
    else this.#left = before
  }

  async #undoChain(deadline: AbortSignal): Promise<void> {
    const { chain } = this.#part
    // The one before still runs: it has only been passed by.
    const before = this.#left
    if (before !== undefined) {
      this.#left = chain
      void this.#part.useChain(before)
    } else if (this.#chainIsStopped || this.#chainOf !== this.#from) {
      await this.#useChainOf(this.#from, deadline)
    }
  }

  /** What cannot be brought back refuses retryably: nobody's records are lost. */
  async #attempt(gate: { open(next: Consumer): Promise<void> }, step: () => Promise<void>) {
    const { label, instance } = this.#part
    try {
      await step()
    } catch (err) {
      const { message } = PipelineError.from(err)
      this.#options.logger.error({ err }, `${label} could not be started again`)
      instance.entry.report('permanent_error', message)
      const refusal = `${label} is not running: ${message}`
      void gate.open({ consume: () => Promise.reject(PipelineError.retryable(refusal)) })
    }
  }

  async #stopChain(chain: ExportChain, deadline: AbortSignal): Promise<void> {
    const label = `sending queue of ${this.#part.label}`
    const report = (): void => undefined
    const node = { label, phase: 'queue', component: chain, upstream: [], report } as const
    await stopNode(
      { ...node, upstream: [], hasReported: () => true },
      deadline,
      this.#options.logger,
    )
  }
}

/** Does what the chain has not sent stay on disk, where its successor may find it? */
function isDurable({ config }: ConfiguredComponent): boolean {
  const queue = chainConfigOf(config).sending_queue
  return queue?.enabled === true && queue.storage !== undefined
}
