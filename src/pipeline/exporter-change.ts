import type { Logger } from 'pino'
import type { ConfiguredComponent } from '../config/service-config.ts'
import type { ExportChain } from '../export/chain.ts'
import { untilAborted } from '../plugin/abort.ts'
import type { Exporter } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import { PipelineError } from '../plugin/pipeline-error.ts'
import type { StatusBoard } from '../plugin/status-board.ts'
import { drainDisk, warnOfRest } from './disk-rest.ts'
import type { ExporterPart } from './exporter-part.ts'
import { type ExporterSpec, queueDirectory, sameChain } from './exporter-spec.ts'
import type { Instance } from './instance.ts'
import { startNode, stopNode } from './lifecycle.ts'
import { nodeOf, queueNode } from './part.ts'
import { changedKeys } from './same-config.ts'

/** Keys that only the chain reads; `timeout` is read by both. */
const CHAIN_KEYS = ['sending_queue', 'retry_on_failure']

export interface ExporterChangeOptions {
  readonly logger: Logger
  readonly statusBoard: StatusBoard
}

/**
 * The way of one exporter to a new config. The old one is stopped before the new one starts, because
 * both may need the same file, directory or engine; meanwhile batches wait. Only a chain whose queue
 * does not lie in the same directory is left to drain beside its successor.
 */
export class ExporterChange {
  readonly #part: ExporterPart
  readonly #from: ExporterSpec
  readonly #to: ExporterSpec
  readonly #options: ExporterChangeOptions
  readonly #next: Instance<Exporter> | undefined
  readonly #changesChain: boolean
  /** Has the part's present chain been stopped? */
  #chainIsStopped = false
  #hasNewExporter = false
  #hasNewChain = false
  /** Whose config the present chain has. */
  #chainOf: ExporterSpec
  /** Replaced, not yet drained. */
  #left: { readonly chain: ExportChain; readonly spec: ExporterSpec } | undefined

  /** Creates the new exporter, if it must be another; throws an Error with its name. */
  constructor(part: ExporterPart, to: ExporterSpec, options: ExporterChangeOptions) {
    this.#part = part
    this.#from = part.spec
    this.#to = to
    this.#options = options
    this.#chainOf = this.#from
    const [before, now] = [this.#from.configured, to.configured]
    const keys = changedKeys(before.config, now.config)
    const isOther = keys.some(key => !CHAIN_KEYS.includes(key)) || before.plugin !== now.plugin
    this.#next = isOther ? part.create(now) : undefined
    this.#changesChain = !sameChain(this.#from, to)
  }

  get part(): ExporterPart {
    return this.#part
  }

  get to(): ConfiguredComponent {
    return this.#to.configured
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
      this.#part.spec = this.#to
    } catch (thrown) {
      await this.undo(deadline)
      throw thrown
    }
  }

  /** Goes back to the old config. Never rejects. */
  async undo(deadline: AbortSignal): Promise<void> {
    const part = this.#part
    part.spec = this.#from
    if (this.#hasNewChain) {
      await this.#attempt(part.head, () => this.#undoChain(deadline))
      await this.finish(() => deadline)
    }
    if (this.#hasNewExporter) {
      await this.#attempt(part.tail, () =>
        this.#useExporter(part.create(this.#from.configured), deadline),
      )
    }
  }

  /** Drains the chain that `apply` has replaced, then stops it. Never rejects. */
  async finish(createDeadline: () => AbortSignal): Promise<void> {
    const left = this.#left
    if (left === undefined) return
    this.#left = undefined
    const { logger } = this.#options
    const { label } = this.#part
    await drainDisk(left.chain, left.spec, createDeadline())
    await this.#stopChain(left.chain, createDeadline())
    this.#part.forget(left.chain, false)
    warnOfRest(left.chain, left.spec, { label, logger })
  }

  async #useExporter(next: Instance<Exporter>, deadline: AbortSignal): Promise<void> {
    const { label, tail, instance: before } = this.#part
    const { logger, statusBoard } = this.#options
    before.report('starting', 'its config has changed; it is being replaced')
    before.retire()
    await untilAborted(tail.close(), deadline)
    const node = nodeOf(label, 'exporter', () => before)
    await stopNode(node, deadline, logger)
    const nextNode = nodeOf(label, 'exporter', () => next)
    try {
      await startNode(nextNode)
    } catch (error) {
      // What it has opened already is needed by the one that comes back.
      await stopNode(nextNode, deadline, logger)
      throw error
    }
    statusBoard.put(next.entry, before.entry)
    this.#part.useInstance(next)
  }

  async #useChainOf(spec: ExporterSpec, deadline: AbortSignal): Promise<void> {
    const part = this.#part
    const before = part.chain
    const directory = queueDirectory(this.#chainOf)
    const waits = directory !== undefined && directory === queueDirectory(spec)
    if (waits) {
      const passed = part.head.close()
      if (!this.#chainIsStopped) await this.#stopChain(before, deadline)
      this.#chainIsStopped = true
      await untilAborted(passed, deadline)
    }
    const next = part.createChain(spec)
    try {
      await next.start?.()
    } catch (cause) {
      await this.#stopChain(next, deadline)
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`sending queue of ${part.label} did not start: ${message}`, { cause })
    }
    void part.useChain(next)
    this.#chainIsStopped = false
    if (waits) part.forget(before, true)
    else this.#left = { chain: before, spec: this.#chainOf }
    this.#chainOf = spec
  }

  async #undoChain(deadline: AbortSignal): Promise<void> {
    const { chain } = this.#part
    // The one before still runs: it has only been passed by.
    const before = this.#left
    if (before !== undefined) {
      this.#left = { chain, spec: this.#to }
      void this.#part.useChain(before.chain)
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
    const node = queueNode(this.#part.label, () => chain)
    await stopNode(node, deadline, this.#options.logger)
  }
}
