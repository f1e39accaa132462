import type { ComponentKind } from '../plugin/component.ts'
import type { Plugin } from '../plugin/define-plugin.ts'
import { checkAuth } from './check-auth.ts'
import { checkGraph } from './check-graph.ts'
import { checkStorage } from './check-storage.ts'
import { checkWorkers } from './check-workers.ts'
import { expandTree } from './expand.ts'
import { mergeNodes, nestKeys } from './merge.ts'
import { parseYaml } from './parse.ts'
import { type Problem, Problems } from './problem.ts'
import { readSource } from './read.ts'
import { KINDS, type ResolvedComponents, resolveComponents, sectionOf } from './resolve.ts'
import type { ConfiguredComponent, ServiceConfig } from './service-config.ts'
import { readService, type ServiceSection } from './service-section.ts'
import { parseSetOption } from './set-option.ts'
import { SourceText } from './source-text.ts'
import { nearest } from './suggest.ts'
import { type ConfigNode, describeNode, emptyMap, type MapNode } from './tree.ts'

export interface LoadOptions {
  /** In order, later wins: a path, `file:path`, `env:NAME` or `yaml:text`. */
  readonly sources: readonly string[]
  /** `a::b=value` or `a.b=value`, applied after the sources. */
  readonly sets?: readonly string[]
  readonly plugins: readonly Plugin[]
  /** `process.env` unless told. */
  readonly env?: NodeJS.ProcessEnv
}

export interface LoadedConfig {
  /** Absent when a problem is an error. */
  readonly config?: ServiceConfig
  /** Errors and warnings, in the order of the sources. */
  readonly problems: readonly Problem[]
  /** The config as merged and expanded, secrets included, for `print-config`. */
  readonly effective: MapNode
  /** Every file it was read from, also when it could not be read: paths as they were given. */
  readonly files: readonly string[]
}

/**
 * Reads, expands, merges and checks a config. All mistakes of all sources come back at once as
 * `problems`; never throws for a bad config.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const problems = new Problems()
  const paths = new Set<string>()
  const effective = await readTree(options, problems, path => paths.add(path))
  const files = [...paths]
  // A broken text would only make more, misleading mistakes further on.
  if (problems.hasErrors) return { problems: problems.finish(), effective, files }
  return { ...checkConfig(effective, options.plugins, problems), files }
}

/** Checks a config that has been read already, such as by another process. */
export function checkConfig(
  effective: MapNode,
  plugins: readonly Plugin[],
  problems: Problems = new Problems(),
): Omit<LoadedConfig, 'files'> {
  checkSections(effective, problems)
  const components = resolveComponents(effective, plugins, problems)
  const service = readService(effective, problems)
  checkGraph(components, service, problems)
  checkAuth(effective, components, service, problems)
  checkStorage(effective, components, service, problems)
  const { telemetry } = service
  if (problems.hasErrors || !telemetry) return { problems: problems.finish(), effective }
  const workers = checkWorkers(effective, components, service, problems)
  const config = configOf(components, { ...service, telemetry, workers })
  return { config, problems: problems.finish(), effective }
}

async function readTree(
  options: LoadOptions,
  problems: Problems,
  onFile: (path: string) => void,
): Promise<MapNode> {
  const { sources, sets = [], env = process.env } = options
  let tree: ConfigNode | undefined
  for (const uri of sources) {
    const source = await readSource(uri, env, problems, onFile)
    const parsed = source && parseYaml(source, problems)
    if (!parsed || isEmpty(parsed)) continue
    const expanded = await expandTree(parsed, env, problems, onFile)
    if (expanded.kind === 'map') tree = mergeNodes(tree, nestKeys(expanded))
    else problems.error(expanded.place, [], `expected a map, got ${describeNode(expanded, true)}`)
  }
  for (const option of sets) {
    const parsed = parseSetOption(option, problems)
    if (parsed) tree = mergeNodes(tree, await expandTree(parsed, env, problems, onFile))
  }
  if (tree?.kind === 'map') return tree
  const name = sources[0] ?? 'config'
  const empty = emptyMap(new SourceText(name, '', false).top)
  if (!problems.hasErrors) problems.error(empty.place, [], 'the config is empty')
  return empty
}

function isEmpty(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

function checkSections(tree: MapNode, problems: Problems): void {
  const known = [...KINDS.map(sectionOf), 'service']
  for (const [name, { key }] of tree.entries) {
    if (known.includes(name)) continue
    const suggestion = nearest(name, known)
    const list = suggestion === undefined ? `; known are ${known.join(', ')}` : ''
    problems.error(key, [], `unknown section "${name}"${list}`, suggestion)
  }
}

function configOf(
  components: ResolvedComponents,
  service: Omit<ServiceSection, 'workers'> & Pick<ServiceConfig, 'telemetry' | 'workers'>,
): ServiceConfig {
  const names = (list: readonly { name: string }[]): string[] => list.map(({ name }) => name)
  return {
    receivers: configured(components, 'receiver'),
    processors: configured(components, 'processor'),
    exporters: configured(components, 'exporter'),
    connectors: configured(components, 'connector'),
    extensions: configured(components, 'extension'),
    pipelines: service.pipelines.map(({ id, receivers, processors, exporters, deadLetter }) => ({
      id,
      receivers: names(receivers),
      processors: names(processors),
      exporters: names(exporters),
      ...(deadLetter === undefined ? {} : { deadLetter: deadLetter.name }),
    })),
    serviceExtensions: names(service.extensions),
    telemetry: service.telemetry,
    workers: service.workers,
    ...(service.deadLetter === undefined ? {} : { deadLetter: service.deadLetter }),
    roles: new Map([...service.roles].map(([role, ids]) => [role, names(ids)])),
  }
}

function configured<K extends ComponentKind>(
  components: ResolvedComponents,
  kind: K,
): ReadonlyMap<string, ConfiguredComponent<Extract<Plugin, { kind: K }>>> {
  type P = Extract<Plugin, { kind: K }>
  const entries = [...components[kind].values()].flatMap(({ id, plugin, config }) =>
    plugin ? [[id, { id, plugin: plugin as P, config }] as const] : [],
  )
  return new Map(entries)
}
