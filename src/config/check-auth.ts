import type { ComponentKind } from '../plugin/component.ts'
import type { Problems } from './problem.ts'
import { type ResolvedComponents, sectionOf } from './resolve.ts'
import type { ServiceSection } from './service-section.ts'
import { nearest } from './suggest.ts'
import { type ConfigNode, entryOf, type MapNode } from './tree.ts'

const KINDS_WITH_AUTH: readonly ComponentKind[] = ['receiver', 'exporter']

/** Checks that every `auth::authenticator` names an extension that will run. */
export function checkAuth(
  tree: MapNode,
  components: ResolvedComponents,
  service: ServiceSection,
  problems: Problems,
): void {
  const running = new Set(service.extensions.map(({ name }) => name))
  const check = (id: string, node: ConfigNode, path: readonly string[]): void => {
    if (components.extension.get(id) === undefined) {
      const suggestion = nearest(id, [...components.extension.keys()])
      const message = `references extension "${id}" which is not configured`
      problems.error(node.place, path, message, suggestion)
    } else if (!running.has(id)) {
      const message = `references extension "${id}" which does not run; add it to service::extensions`
      problems.error(node.place, path, message)
    }
  }
  for (const kind of KINDS_WITH_AUTH) {
    const section = sectionOf(kind)
    const node = entryOf(tree, section)?.node
    if (node !== undefined) walk(node, [section], check)
  }
}

/** Servers may lie deep in a component: `protocols::grpc::auth`. */
function walk(
  node: ConfigNode,
  path: readonly string[],
  check: (id: string, node: ConfigNode, path: readonly string[]) => void,
): void {
  if (node.kind !== 'map') return
  for (const [key, { node: inner }] of node.entries) {
    const id = key === 'auth' ? entryOf(inner, 'authenticator')?.node : undefined
    if (id?.kind === 'scalar' && typeof id.value === 'string') {
      check(id.value, id, [...path, 'auth', 'authenticator'])
    } else walk(inner, [...path, key], check)
  }
}
