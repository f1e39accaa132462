import type { Problems } from './problem.ts'
import { KINDS, type ResolvedComponents } from './resolve.ts'
import type { WorkersConfig } from './service-config.ts'
import type { ServiceSection } from './service-section.ts'
import { type MapNode, nearestPlace } from './tree.ts'

const PATH = ['service', 'workers']

/**
 * How many worker processes there will be: as many as asked for, or one, with a warning, when a
 * component in use allows no more.
 */
export function checkWorkers(
  tree: MapNode,
  components: ResolvedComponents,
  service: ServiceSection,
  problems: Problems,
): WorkersConfig {
  const { workers: count } = service
  if (count === 1) return { count }
  const oneProcess = whyOneProcess(components, service)
  if (oneProcess === undefined) return { count }
  const place = nearestPlace(tree, tree.place, PATH)
  problems.warn(place, PATH, `1 worker runs instead of ${count}: ${oneProcess}`)
  return { count: 1, oneProcess }
}

function whyOneProcess(
  components: ResolvedComponents,
  service: ServiceSection,
): string | undefined {
  const used = new Set(
    service.pipelines
      .flatMap(({ receivers, processors, exporters, deadLetter }) => [
        ...receivers,
        ...processors,
        ...exporters,
        ...(deadLetter === undefined ? [] : [deadLetter]),
      ])
      .map(({ name }) => name),
  )
  const started = new Set(service.extensions.map(({ name }) => name))
  for (const kind of KINDS) {
    for (const { id, plugin, config } of components[kind].values()) {
      if (!(kind === 'extension' ? started : used).has(id) || config === undefined) continue
      const why = plugin?.oneProcess?.(config)
      if (why !== undefined) return `${kind} ${id} ${why}`
    }
  }
  return undefined
}
