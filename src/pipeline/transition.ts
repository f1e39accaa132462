import type { Logger } from 'pino'
import { untilAborted } from '../plugin/abort.ts'
import type { StatusBoard } from '../plugin/status-board.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Graph } from './build.ts'
import { type ComponentChanges, compareGraphs } from './changes.ts'
import { drainDisk, warnOfRest } from './disk-rest.ts'
import { ExporterPart } from './exporter-part.ts'
import { type Node, startNode, startNodes, stopNodes } from './lifecycle.ts'
import { type Part, StagePart } from './part.ts'

export interface TransitionOptions {
  readonly logger: Logger
  readonly metrics: Metrics
  readonly statusBoard: StatusBoard
  /** Longest time to finish what one part has in its hands before it is replaced. */
  readonly timeoutMs: number
}

type Undo = (deadline: AbortSignal) => Promise<void>

/**
 * The way from a running graph to one that was built beside it. New exporters and processors start
 * first, then exporters go over to their new configs, then new receivers start; until then there is
 * a way back. Only after that is anything that runs led to the new stages.
 *
 * Receivers that are replaced or removed stop before new ones start, since those may want the same
 * address. Requests under way finish where they are.
 */
export class Transition {
  readonly changes: ComponentChanges
  readonly #from: Graph
  readonly #to: Graph
  readonly #options: TransitionOptions
  readonly #undo: Undo[] = []
  /** Receivers that stop before there is no way back. */
  readonly #stopped = new Set<Part>()
  #receiversStopped: Promise<void> = Promise.resolve()

  constructor(from: Graph, to: Graph, options: TransitionOptions) {
    this.#from = from
    this.#to = to
    this.#options = options
    this.changes = compareGraphs(from, to)
  }

  /**
   * Resolves when the new graph takes the data, with a function that drains and stops what it does
   * not use. Rejects, with the old graph as it was, when a part cannot start; names it.
   */
  async apply(): Promise<() => Promise<void>> {
    try {
      await this.#startStages()
      await this.#changeExporters()
      await this.#exchangeReceivers()
    } catch (thrown) {
      for (const undo of this.#undo.reverse()) await undo(this.#deadline())
      await this.#forgetMetrics(this.#added, this.#from)
      throw thrown
    }
    const idle = [...this.#to.leads].map(([part, next]) => part.lead(next))
    this.#updateBoard()
    return () => this.#drain(idle)
  }

  get #added(): Part[] {
    return [...this.#to.parts.values()].filter(part => this.#from.parts.get(part.label) !== part)
  }

  get #gone(): Part[] {
    return [...this.#from.parts.values()].filter(part => this.#to.parts.get(part.label) !== part)
  }

  async #startStages(): Promise<void> {
    const nodes = nodesOf(
      this.#to,
      this.#added.filter(part => !isReceiver(part)),
    )
    await startNodes(nodes, this.#options.logger)
    this.#undo.push(deadline => stopNodes(nodes, deadline, this.#options.logger))
  }

  async #changeExporters(): Promise<void> {
    const { changes } = this.#to
    const results = await Promise.allSettled(changes.map(change => change.apply(this.#deadline())))
    for (const [i, result] of results.entries()) {
      if (result.status === 'fulfilled') this.#undo.push(deadline => changes[i]!.undo(deadline))
    }
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async #exchangeReceivers(): Promise<void> {
    const { logger } = this.#options
    const added = this.#added.filter(isReceiver)
    if (added.length === 0) return
    const leaving = this.#gone.filter(isReceiver)
    for (const { label } of leaving) {
      const isChanged = this.#to.parts.has(label)
      logger.info(isChanged ? `${label} changed: its listener is reopened` : `${label} stops`)
    }
    for (const part of leaving) this.#stopped.add(part)
    const stopped = stopNodes(nodesOf(this.#from, leaving), this.#deadline(), logger)
    this.#undo.push(async () => {
      await stopped
      await this.#renew(leaving)
    })
    this.#receiversStopped = stopped
    await this.#startReceivers(added, stopped)
    this.#undo.push(deadline => stopNodes(nodesOf(this.#to, added), deadline, logger))
    for (const { label, instance } of added) {
      for (const url of instance.endpoints()) logger.info(`${label} listens at ${url}`)
    }
  }

  /**
   * Servers close their sockets at the begin of their stop, and then finish the requests they have.
   * So the new ones are tried at once, which leaves the address without a listener for an instant
   * only, and once more when the old ones have stopped for good.
   */
  async #startReceivers(receivers: readonly StagePart[], stopped: Promise<void>): Promise<void> {
    const nodes = nodesOf(this.#to, receivers)
    const { logger } = this.#options
    await new Promise(resolve => setImmediate(resolve))
    try {
      await startNodes(nodes, logger)
    } catch (thrown) {
      if (this.#stopped.size === 0) throw thrown
      await stopped
      for (const part of receivers) part.renew()
      await startNodes(nodes, logger)
    }
  }

  /** Opens the receivers of the old config again. Never rejects. */
  async #renew(receivers: readonly StagePart[]): Promise<void> {
    for (const part of receivers) {
      const before = part.instance
      try {
        const instance = part.renew()
        this.#options.statusBoard.put(instance.entry, before.entry)
        for (const node of nodesOf(this.#from, [part])) await startNode(node)
      } catch (err) {
        this.#options.logger.error({ err }, `${part.label} could not be opened again`)
        const { entry } = part.instance
        entry.report('permanent_error', err instanceof Error ? err.message : String(err))
      }
    }
  }

  #updateBoard(): void {
    const { statusBoard } = this.#options
    for (const part of this.#gone) statusBoard.remove(part.instance.entry)
    for (const part of this.#added) statusBoard.put(part.instance.entry)
  }

  /** Upstream first: what was under way, receivers, then the stages behind them. Never rejects. */
  async #drain(idle: readonly Promise<void>[]): Promise<void> {
    const { logger } = this.#options
    const deadline = this.#deadline()
    const gone = this.#gone.filter(part => !this.#stopped.has(part))
    const receivers = nodesOf(this.#from, gone.filter(isReceiver))
    await Promise.all([
      stopNodes(receivers, deadline, logger),
      this.#receiversStopped,
      untilAborted(
        Promise.all(idle).then(() => undefined),
        deadline,
      ),
    ])
    const stages = gone.filter(part => !isReceiver(part) && !(part instanceof ExporterPart))
    await stopNodes(nodesOf(this.#from, stages), deadline, logger)
    // Chains that were replaced may have their dead letter in an exporter that goes.
    await Promise.all(this.#to.changes.map(change => change.finish(() => this.#deadline())))
    await this.#stopExporters(
      gone.filter(part => part instanceof ExporterPart),
      deadline,
    )
    await this.#forgetMetrics(this.#gone, this.#to)
    if (gone.length > 0) logger.info('what the config before had running has stopped')
  }

  async #stopExporters(exporters: readonly ExporterPart[], deadline: AbortSignal): Promise<void> {
    const { logger } = this.#options
    await Promise.all(exporters.map(({ chain, spec }) => drainDisk(chain, spec, deadline)))
    await stopNodes(nodesOf(this.#from, exporters), this.#deadline(), logger)
    for (const { label, chain, spec } of exporters) warnOfRest(chain, spec, { label, logger })
  }

  /** Gauges of what is not there any more would stand still for ever. */
  async #forgetMetrics(parts: readonly Part[], graph: Graph): Promise<void> {
    const isUsed = (kind: string, id: string): boolean =>
      [...graph.parts.values()].some(({ instance }) => isOf(instance, kind, id))
    for (const { instance } of parts) {
      const { kind, context } = instance
      if (!isUsed(kind, context.id)) await this.#options.metrics.forget(kind, context.id)
    }
  }

  #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#options.timeoutMs)
  }
}

function isReceiver(part: Part): part is StagePart {
  return part instanceof StagePart && part.instance.kind === 'receiver'
}

function isOf({ kind, context }: Part['instance'], wanted: string, id: string): boolean {
  return kind === wanted && context.id === id
}

function nodesOf(graph: Graph, parts: readonly Part[]): Node[] {
  return parts.flatMap(part => graph.nodes.get(part) ?? [])
}
