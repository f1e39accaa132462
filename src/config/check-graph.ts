import type { ComponentKind } from '../plugin/component.ts'
import { checkDeadLetters } from './check-dead-letters.ts'
import type { Problems } from './problem.ts'
import { KINDS, type ResolvedComponents, sectionOf, withArticle } from './resolve.ts'
import type { NameAt, PipelineSection, ServiceSection } from './service-section.ts'
import { nearest } from './suggest.ts'

/**
 * Checks that the pipelines fit the components and each other. Components that nothing uses are
 * warnings, told once there are no errors.
 */
export function checkGraph(
  components: ResolvedComponents,
  service: ServiceSection,
  problems: Problems,
): void {
  new GraphCheck(components, service, problems).run()
}

class GraphCheck {
  readonly #components: ResolvedComponents
  readonly #service: ServiceSection
  readonly #problems: Problems
  readonly #used = new Set<string>()

  constructor(components: ResolvedComponents, service: ServiceSection, problems: Problems) {
    this.#components = components
    this.#service = service
    this.#problems = problems
  }

  run(): void {
    this.#connectorIds()
    for (const pipeline of this.#service.pipelines) this.#pipeline(pipeline)
    this.#references(this.#service.extensions, ['extension'], ['service', 'extensions'])
    for (const [role, ids] of this.#service.roles) this.#role(role, ids)
    this.#connectors()
    this.#cycles()
    const isConnector = (id: string): boolean => this.#components.connector.has(id)
    checkDeadLetters(this.#service.pipelines, isConnector, this.#problems)
    // A mistyped reference makes what it meant look unused.
    if (!this.#problems.hasErrors) this.#unused()
  }

  #pipeline({ id, key, receivers, processors, exporters, deadLetter }: PipelineSection): void {
    const path = ['service', 'pipelines', id]
    if (receivers.length === 0) this.#problems.error(key, path, 'it needs at least one receiver')
    if (exporters.length === 0) this.#problems.error(key, path, 'it needs at least one exporter')
    this.#references(receivers, ['receiver', 'connector'], [...path, 'receivers'])
    this.#references(processors, ['processor'], [...path, 'processors'])
    this.#references(exporters, ['exporter', 'connector'], [...path, 'exporters'])
    if (deadLetter) this.#references([deadLetter], ['exporter'], [...path, 'dead_letter'])
  }

  /** Every name is configured under one of `kinds` and comes once. */
  #references(names: readonly NameAt[], kinds: readonly ComponentKind[], path: string[]): void {
    const seen = new Set<string>()
    for (const { name, place } of names) {
      if (seen.has(name)) {
        this.#problems.error(place, path, `${kinds[0]} "${name}" is there twice`)
      }
      seen.add(name)
      const kind = kinds.find(kind => this.#components[kind].has(name))
      if (kind) this.#used.add(`${kind} ${name}`)
      else this.#problems.error(place, path, ...this.#missing(name, kinds))
    }
  }

  #missing(name: string, kinds: readonly ComponentKind[]): [message: string, suggestion?: string] {
    const wanted = kinds[0]!
    const other = KINDS.find(kind => this.#components[kind].has(name))
    if (other) return [`"${name}" is ${withArticle(other)}, not ${withArticle(wanted)}`]
    const known = kinds.flatMap(kind => [...this.#components[kind].keys()])
    const message = `references ${wanted} "${name}" which is not configured`
    const suggestion = nearest(name, known)
    if (suggestion !== undefined) return [message, suggestion]
    return [`${message}; add "${name}:" under ${sectionOf(wanted)}`]
  }

  #role(role: string, names: readonly NameAt[]): void {
    const path = ['service', 'roles', role]
    const known = this.#service.pipelines.map(({ id }) => id)
    for (const { name, place } of names) {
      if (known.includes(name)) continue
      const message = `references pipeline "${name}" which is not configured`
      this.#problems.error(place, path, message, nearest(name, known))
    }
  }

  #connectorIds(): void {
    const { connector, receiver, exporter } = this.#components
    for (const { id, key } of connector.values()) {
      for (const other of [receiver.get(id), exporter.get(id)]) {
        if (!other) continue
        const taken = `"${id}" is also ${withArticle(other.kind)}`
        this.#problems.error(
          key,
          ['connectors', id],
          `${taken}; give one of them a name: ${id}/name`,
        )
      }
    }
  }

  #connectors(): void {
    for (const { id, key } of this.#components.connector.values()) {
      const from = this.#service.pipelines.some(pipeline => has(pipeline.exporters, id))
      const to = this.#service.pipelines.some(pipeline => has(pipeline.receivers, id))
      if (from === to) continue
      const [is, isNot] = from ? ['an exporter', 'a receiver'] : ['a receiver', 'an exporter']
      const message = `it is ${is} of a pipeline, but ${isNot} of none; a connector must be both`
      this.#problems.error(key, ['connectors', id], message)
    }
  }

  /** Reports every loop that pipelines and connectors form, once, with its path. */
  #cycles(): void {
    const { pipelines } = this.#service
    const done = new Set<PipelineSection>()
    const visit = (pipeline: PipelineSection, trail: readonly Step[]): void => {
      const start = trail.findIndex(step => step.pipeline === pipeline)
      if (start >= 0) return this.#cycle(trail.slice(start))
      if (done.has(pipeline)) return
      for (const exit of pipeline.exporters) {
        if (!this.#components.connector.has(exit.name)) continue
        for (const next of pipelines.filter(({ receivers }) => has(receivers, exit.name))) {
          visit(next, [...trail, { pipeline, exit }])
        }
      }
      done.add(pipeline)
    }
    for (const pipeline of pipelines) visit(pipeline, [])
  }

  #cycle(steps: readonly Step[]): void {
    const { pipeline, exit } = steps[0]!
    const names = steps.flatMap(step => [step.pipeline.id, step.exit.name])
    const path = ['service', 'pipelines', pipeline.id]
    const loop = [...names, pipeline.id].join(' -> ')
    this.#problems.error(exit.place, path, `records would go in a circle: ${loop}`)
  }

  #unused(): void {
    for (const kind of KINDS) {
      for (const { id, key } of this.#components[kind].values()) {
        if (this.#used.has(`${kind} ${id}`)) continue
        const where = kind === 'extension' ? 'service::extensions' : 'any pipeline'
        this.#problems.warn(key, [sectionOf(kind), id], `it is not used in ${where}`)
      }
    }
  }
}

interface Step {
  readonly pipeline: PipelineSection
  /** The connector by which the records leave it. */
  readonly exit: NameAt
}

function has(names: readonly NameAt[], name: string): boolean {
  return names.some(at => at.name === name)
}
