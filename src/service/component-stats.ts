import type { Counter, Gauge } from 'prom-client'
import type { ComponentHealth } from '../plugin/health.ts'
import type { Metrics } from '../telemetry/metrics.ts'

type Figures = Record<string, number | Record<string, number>>

/**
 * What the metrics say of receivers and processors, and of what was dropped and why, by component
 * id and in log records: the same figures as on `/metrics`, for people. Of receivers and processors
 * only those that run, `components`; what was dropped stays.
 */
export async function componentStats(
  metrics: Metrics,
  components: readonly Pick<ComponentHealth, 'kind' | 'id'>[],
): Promise<Record<'receivers' | 'processors' | 'dropped', Record<string, Figures>>> {
  const receivers = new Map<string, Figures>()
  const processors = new Map<string, Figures>()
  const dropped = new Map<string, Figures>()
  await add(receivers, 'receiver', 'accepted', metrics.receiverAccepted)
  await add(receivers, 'receiver', 'refused', metrics.receiverRefused)
  await add(receivers, 'receiver', 'failed', metrics.receiverFailed)
  await add(processors, 'processor', 'incoming', metrics.processorIncoming)
  await add(processors, 'processor', 'outgoing', metrics.processorOutgoing)
  await add(processors, 'processor', 'memory_accepted', metrics.memoryLimiterAccepted)
  await add(processors, 'processor', 'memory_refused', metrics.memoryLimiterRefused)
  await add(dropped, 'component', 'records', metrics.dropped)
  const present = (kind: ComponentHealth['kind'], all: Map<string, Figures>): typeof all => {
    const ids = components.filter(component => component.kind === kind).map(({ id }) => id)
    return new Map([...all].filter(([id]) => ids.includes(id)))
  }
  return {
    receivers: Object.fromEntries(present('receiver', receivers)),
    processors: Object.fromEntries(present('processor', processors)),
    dropped: Object.fromEntries(dropped),
  }
}

/** A metric with a `reason` becomes a number per reason, any other the sum over its labels. */
async function add(
  into: Map<string, Figures>,
  label: string,
  figure: string,
  metric: Counter<string> | Gauge<string>,
): Promise<void> {
  for (const { labels, value } of (await metric.get()).values) {
    const id = String(labels[label] ?? '')
    const figures = into.get(id) ?? {}
    into.set(id, figures)
    const { reason } = labels
    if (reason === undefined) {
      figures[figure] = numberOf(figures[figure]) + value
    } else {
      const byReason = figures[figure] ?? {}
      if (typeof byReason === 'object') figures[figure] = { ...byReason, [String(reason)]: value }
    }
  }
}

function numberOf(figure: Figures[string] | undefined): number {
  return typeof figure === 'number' ? figure : 0
}
