import { setMaxListeners } from 'node:events'
import type { Logger } from 'pino'
import type { Component, ComponentStatus } from '../plugin/component.ts'

/** Starts ascending; within a phase, exporters start together and all others in their order. */
export type Phase = 'exporter' | 'queue' | 'processor' | 'receiver'

/** One component in the graph, and who sends to it. */
export interface Node {
  /** For people: `exporter clickhouse`, `processor batch of logs/a`. */
  readonly label: string
  readonly phase: Phase
  readonly component: Component
  readonly upstream: Node[]
  report(status: ComponentStatus, detail?: string): void
  /** Has the component said anything of itself? Then its word stands. */
  hasReported(): boolean
}

const PHASES: readonly Phase[] = ['exporter', 'queue', 'processor', 'receiver']

/** After the deadline, how long a component may take to give up. */
const STOP_GRACE_MS = 500
/** How long undoing a failed start may take. */
const UNDO_MS_MAX = 10_000

/**
 * Starts exporters, processors and receivers in that order, so that nobody sends to a stage that
 * is not there yet. When one fails all that was started is stopped, and the failure thrown with
 * the component's name.
 */
export async function startNodes(nodes: readonly Node[], logger: Logger): Promise<void> {
  const started: Node[] = []
  try {
    for (const phase of PHASES) {
      const group = nodes.filter(node => node.phase === phase)
      started.push(...group)
      if (phase === 'exporter') await startTogether(group)
      else for (const node of group) await startNode(node)
    }
  } catch (thrown) {
    await stopNodes(started, AbortSignal.timeout(UNDO_MS_MAX), logger)
    throw thrown
  }
}

/**
 * Stops every node once all that send to it have stopped: receivers take no more, processors flush,
 * queues drain, exporters close. Every wait ends with `deadline`; a component that hangs is named
 * in the log and left behind. Never rejects.
 */
export async function stopNodes(
  nodes: readonly Node[],
  deadline: AbortSignal,
  logger: Logger,
): Promise<void> {
  // Every node listens, and so may the components: that is no leak.
  setMaxListeners(0, deadline)
  const known = new Set(nodes)
  const stops = new Map<Node, Promise<void>>()
  const stop = (node: Node): Promise<void> => {
    const begun = stops.get(node)
    if (begun !== undefined) return begun
    const upstream = node.upstream.filter(other => known.has(other))
    const stopping = Promise.all(upstream.map(stop)).then(() => stopNode(node, deadline, logger))
    stops.set(node, stopping)
    return stopping
  }
  await Promise.all(nodes.map(stop))
}

/** Connecting to several destinations may take its time; they need not wait for each other. */
async function startTogether(nodes: readonly Node[]): Promise<void> {
  const results = await Promise.allSettled(nodes.map(startNode))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/** Rejects, with the component's name, when it cannot start. */
export async function startNode(node: Node): Promise<void> {
  try {
    await node.component.start?.()
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    node.report('permanent_error', message)
    throw new Error(`${node.label} did not start: ${message}`, { cause: thrown })
  }
  if (!node.hasReported()) node.report('ok')
}

/** Never rejects; ends a little after `deadline` at the latest. */
export async function stopNode(node: Node, deadline: AbortSignal, logger: Logger): Promise<void> {
  node.report('stopping')
  try {
    const stopped = await within(callStop(node.component, deadline), deadline)
    if (stopped) node.report('stopped')
    else logger.error(`${node.label} did not stop in time and is left behind`)
  } catch (thrown) {
    node.report('stopped')
    logger.error({ err: thrown }, `${node.label} failed while stopping`)
  }
}

async function callStop(component: Component, deadline: AbortSignal): Promise<void> {
  await component.stop?.(deadline)
}

/** False when `work` was not done a little after the deadline. Rejects as the work does. */
async function within(work: Promise<void>, deadline: AbortSignal): Promise<boolean> {
  return await new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    const arm = (): void => {
      timer = setTimeout(() => finish(() => resolve(false)), STOP_GRACE_MS)
    }
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      deadline.removeEventListener('abort', arm)
      settle()
    }
    if (deadline.aborted) arm()
    else deadline.addEventListener('abort', arm)
    work.then(
      () => finish(() => resolve(true)),
      (error: unknown) => finish(() => reject(error)),
    )
  })
}
