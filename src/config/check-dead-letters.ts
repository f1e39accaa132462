import type { Problems } from './problem.ts'
import type { NameAt, PipelineSection } from './service-section.ts'
import type { Path } from './tree.ts'

/** `exporter` has its dead letter in `to`, because `pipeline` says so. */
interface Edge {
  readonly exporter: string
  readonly to: NameAt
  readonly pipeline: PipelineSection
}

/**
 * Checks that every exporter has one dead letter at most, none of them itself, and that dead letters
 * do not lead in a circle. That the names exist is checked with the other references.
 */
export function checkDeadLetters(
  pipelines: readonly PipelineSection[],
  isConnector: (id: string) => boolean,
  problems: Problems,
): void {
  const edges: Edge[] = []
  for (const pipeline of pipelines) {
    const { deadLetter: to, exporters } = pipeline
    if (to === undefined) continue
    const own = exporters.map(({ name }) => name).filter(name => !isConnector(name))
    const others = own.filter(exporter => exporter !== to.name)
    const problem = uselessness(to.name, own, others)
    if (problem !== undefined) problems.error(to.place, pathOf(pipeline), problem)
    edges.push(...others.map(exporter => ({ exporter, to, pipeline })))
  }
  for (const [i, edge] of edges.entries()) {
    const other = edges.slice(0, i).find(({ exporter }) => exporter === edge.exporter)
    if (other === undefined || other.to.name === edge.to.name) continue
    problems.error(
      edge.to.place,
      pathOf(edge.pipeline),
      `exporter "${edge.exporter}" has its dead letter in "${other.to.name}" already, by pipeline ${other.pipeline.id}; name the same one, or give this pipeline an exporter of its own: ${typeOf(edge.exporter)}/name`,
    )
  }
  checkCircles(edges, problems)
}

function uselessness(
  to: string,
  own: readonly string[],
  others: readonly string[],
): string | undefined {
  if (others.length > 0) return undefined
  if (own.length > 0) {
    return `"${to}" is the only exporter of this pipeline and cannot be its own dead letter; name another exporter, or remove the line to use service::dead_letter`
  }
  return 'it has no effect: all exporters of this pipeline are connectors; move it to the pipelines they lead to'
}

/** Reports every circle once, at the edge that closes it. */
function checkCircles(edges: readonly Edge[], problems: Problems): void {
  const done = new Set<string>()
  const visit = (exporter: string, trail: readonly string[]): void => {
    if (done.has(exporter)) return
    for (const edge of edges.filter(edge => edge.exporter === exporter)) {
      const way = [...trail, exporter]
      const start = way.indexOf(edge.to.name)
      if (start < 0) visit(edge.to.name, way)
      else {
        const circle = [...way.slice(start), edge.to.name].join(' -> ')
        problems.error(
          edge.to.place,
          pathOf(edge.pipeline),
          `dead letters would go in a circle: ${circle}; name an exporter that has no dead letter itself`,
        )
      }
    }
    done.add(exporter)
  }
  for (const { exporter } of edges) visit(exporter, [])
}

function pathOf({ id }: PipelineSection): Path {
  return ['service', 'pipelines', id, 'dead_letter']
}

function typeOf(id: string): string {
  return id.split('/')[0]!
}
