import { checkMapping } from './check-mapping.ts'
import { parseComponentId } from './component-id.ts'
import { deadLetterSchema } from './dead-letter-section.ts'
import type { Problems } from './problem.ts'
import type { DeadLetterConfig, TelemetryConfig } from './service-config.ts'
import type { Place } from './source-text.ts'
import { nearest } from './suggest.ts'
import { telemetrySchema } from './telemetry-section.ts'
import {
  type ConfigNode,
  describeNode,
  emptyMap,
  entryOf,
  isNull,
  type MapEntry,
  type MapNode,
  type Path,
} from './tree.ts'
import { workersSchema } from './workers-section.ts'

/** A name in a list, and where it stands. */
export interface NameAt {
  readonly name: string
  readonly place: Place
}

export interface PipelineSection {
  readonly id: string
  readonly key: Place
  readonly receivers: readonly NameAt[]
  readonly processors: readonly NameAt[]
  readonly exporters: readonly NameAt[]
  readonly deadLetter?: NameAt
}

/** `service:`, read but not yet checked against the components. */
export interface ServiceSection {
  readonly extensions: readonly NameAt[]
  /** Those in the right form. */
  readonly pipelines: readonly PipelineSection[]
  readonly telemetry: TelemetryConfig | undefined
  readonly deadLetter: DeadLetterConfig | undefined
  readonly roles: ReadonlyMap<string, readonly NameAt[]>
  /** How many processes are asked for. */
  readonly workers: number
}

const KEYS = ['extensions', 'pipelines', 'telemetry', 'dead_letter', 'roles', 'workers']
const PIPELINE_KEYS = ['receivers', 'processors', 'exporters'] as const
const DEAD_LETTER = 'dead_letter'
const OTHER_SIGNALS = ['traces', 'metrics', 'profiles']

/** Reads the `service` section; what has the wrong form is told and left out. */
export function readService(tree: MapNode, problems: Problems): ServiceSection {
  const { top } = tree.place.source
  const none = { key: top, node: emptyMap(top) }
  return new ServiceReader(problems).read(entryOf(tree, 'service') ?? none)
}

class ServiceReader {
  readonly #problems: Problems

  constructor(problems: Problems) {
    this.#problems = problems
  }

  read({ key, node }: MapEntry): ServiceSection {
    const section = this.#map(node, ['service'])
    const part = (name: string): MapEntry | undefined => section?.entries.get(name)
    this.#unknownKeys(section, KEYS, ['service'])
    const telemetry = part('telemetry')
    const checked = checkMapping(
      { node: telemetry?.node, key: telemetry?.key ?? key, path: ['service', 'telemetry'] },
      telemetrySchema,
      this.#problems,
    )
    const pipelines = part('pipelines')
    if (isEmpty(pipelines?.node)) this.#noPipelines(pipelines?.key ?? key)
    return {
      extensions: this.#names(part('extensions')?.node, ['service', 'extensions']),
      pipelines: this.#pipelines(pipelines),
      telemetry: checked?.value,
      deadLetter: this.#deadLetter(part(DEAD_LETTER)),
      roles: this.#roles(part('roles')?.node),
      workers: this.#workers(part('workers'), key),
    }
  }

  #pipelines(entry: MapEntry | undefined): PipelineSection[] {
    const path = ['service', 'pipelines']
    const section = this.#map(entry?.node, path)
    return [...(section?.entries ?? [])].flatMap(([id, entry]) => {
      const problem = this.#pipelineIdProblem(id)
      if (problem) this.#problems.error(entry.key, [...path, id], ...problem)
      return problem ? [] : [this.#pipeline(id, entry)]
    })
  }

  #noPipelines(place: Place): void {
    const example = 'logs: {receivers: [...], exporters: [...]}'
    this.#problems.error(place, ['service', 'pipelines'], `there is no pipeline; add ${example}`)
  }

  #pipelineIdProblem(id: string): [message: string, suggestion?: string] | undefined {
    const parsed = parseComponentId(id)
    if ('error' in parsed) return [`"${id}" is no pipeline id: ${parsed.error}`]
    if (parsed.type === 'logs') return undefined
    if (OTHER_SIGNALS.includes(parsed.type)) {
      return [`${parsed.type} pipelines are not supported yet, only logs; remove this pipeline`]
    }
    const suffix = parsed.name === undefined ? '' : `/${parsed.name}`
    const isTypo = nearest(parsed.type, ['logs']) !== undefined
    return [
      `"${parsed.type}" is no signal: a pipeline is logs or logs/name`,
      `logs${isTypo ? suffix : `/${parsed.type}`}`,
    ]
  }

  #pipeline(id: string, { key, node }: MapEntry): PipelineSection {
    const path = ['service', 'pipelines', id]
    const section = this.#map(node, path)
    this.#unknownKeys(section, [...PIPELINE_KEYS, DEAD_LETTER], path)
    const deadLetter = this.#name(entryOf(section, DEAD_LETTER)?.node, [...path, DEAD_LETTER])
    const [receivers, processors, exporters] = PIPELINE_KEYS.map(name =>
      this.#names(entryOf(section, name)?.node, [...path, name]),
    )
    return {
      id,
      key,
      receivers: receivers ?? [],
      processors: processors ?? [],
      exporters: exporters ?? [],
      ...(deadLetter === undefined ? {} : { deadLetter }),
    }
  }

  /** Undefined when it is not given, or wrong. */
  #deadLetter(entry: MapEntry | undefined): DeadLetterConfig | undefined {
    if (entry === undefined || isNull(entry.node)) return undefined
    const path = ['service', DEAD_LETTER]
    return checkMapping({ ...entry, path }, deadLetterSchema, this.#problems)?.value
  }

  #workers(entry: MapEntry | undefined, key: Place): number {
    const entries = new Map(entry === undefined ? [] : [['workers', entry]])
    const node = { ...emptyMap(key), entries }
    return (
      checkMapping({ node, key, path: ['service'] }, workersSchema, this.#problems)?.value
        .workers ?? 1
    )
  }

  #name(node: ConfigNode | undefined, path: Path): NameAt | undefined {
    if (!node || isNull(node)) return undefined
    if (node.kind === 'scalar') return { name: node.raw ?? String(node.value), place: node.place }
    const got = describeNode(node, false)
    this.#problems.error(node.place, path, `expected the id of one exporter, got ${got}`)
    return undefined
  }

  #roles(node: ConfigNode | undefined): Map<string, NameAt[]> {
    const roles = new Map<string, NameAt[]>()
    const path = ['service', 'roles']
    for (const [name, entry] of this.#map(node, path)?.entries ?? []) {
      roles.set(name, this.#names(entry.node, [...path, name]))
    }
    return roles
  }

  /** A list of names; one name alone is taken as a list of one, as the Collector does. */
  #names(node: ConfigNode | undefined, path: Path): NameAt[] {
    if (!node || isNull(node)) return []
    const items = node.kind === 'list' ? node.items : [node]
    return items.flatMap((item, i) => {
      if (item.kind === 'scalar' && item.value !== null) {
        return [{ name: item.raw ?? String(item.value), place: item.place }]
      }
      const where = node.kind === 'list' ? [...path, i] : path
      const wanted = node.kind === 'list' ? 'a name' : 'a list of names'
      this.#problems.error(
        item.place,
        where,
        `expected ${wanted}, got ${describeNode(item, false)}`,
      )
      return []
    })
  }

  #map(node: ConfigNode | undefined, path: Path): MapNode | undefined {
    if (!node || isNull(node)) return undefined
    if (node.kind === 'map') return node
    this.#problems.error(node.place, path, `expected a map, got ${describeNode(node, false)}`)
    return undefined
  }

  #unknownKeys(section: MapNode | undefined, known: readonly string[], path: Path): void {
    for (const [name, { key }] of section?.entries ?? []) {
      if (known.includes(name)) continue
      const suggestion = nearest(name, known)
      const list = suggestion === undefined ? `; known are ${known.join(', ')}` : ''
      this.#problems.error(key, path, `unknown key "${name}"${list}`, suggestion)
    }
  }
}

function isEmpty(node: ConfigNode | undefined): boolean {
  return node === undefined || isNull(node) || (node.kind === 'map' && node.entries.size === 0)
}
