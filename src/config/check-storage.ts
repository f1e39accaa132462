import { basename, resolve } from 'node:path'
import type { Problems } from './problem.ts'
import type { ResolvedComponents } from './resolve.ts'
import type { ServiceSection } from './service-section.ts'
import { nearest } from './suggest.ts'
import { type MapNode, nearestPlace, nodeAt } from './tree.ts'

/** What `storage` may be beside the id of an extension. */
const FILE = 'file'
/** See `storageOf` of the export chain. */
const RESERVED = /^worker-\d+$/

/**
 * Checks that `sending_queue::storage` of every exporter leads somewhere, and no two queues into the
 * same directory.
 */
export function checkStorage(
  tree: MapNode,
  components: ResolvedComponents,
  service: ServiceSection,
  problems: Problems,
): void {
  const owners = new Map<string, string>()
  for (const { id, key, config } of components.exporter.values()) {
    const { storage, directory } = queueOf(config)
    const path = ['exporters', id, 'sending_queue']
    const placeOf = (name: string): ReturnType<typeof nearestPlace> =>
      nodeAt(tree, [...path, name])?.place ?? nearestPlace(tree, key, path)
    if (storage !== undefined && storage !== FILE) {
      const [message, suggestion] = missing(storage, components, service) ?? []
      if (message) problems.error(placeOf('storage'), [...path, 'storage'], message, suggestion)
    }
    if (directory === undefined) continue
    if (RESERVED.test(basename(resolve(directory)))) {
      const message = `"${directory}" has a name that worker processes give to their queues: choose another one`
      problems.error(placeOf('directory'), [...path, 'directory'], message)
    }
    const other = owners.get(resolve(directory))
    owners.set(resolve(directory), id)
    if (other === undefined) continue
    const message = `"${directory}" is the queue of exporter "${other}" already; every queue needs a directory of its own`
    problems.error(placeOf('directory'), [...path, 'directory'], message)
  }
}

function missing(
  storage: string,
  { extension }: ResolvedComponents,
  service: ServiceSection,
): [message: string, suggestion?: string | undefined] | undefined {
  const named = extension.get(storage)
  if (named === undefined) {
    const known = [FILE, ...extension.keys()]
    return [`references storage "${storage}" which is not configured`, nearest(storage, known)]
  }
  if (named.plugin?.kind !== 'extension') return undefined
  if (named.plugin.storage === undefined) {
    return [`extension "${storage}" is no storage; use file_storage, or "file" with a directory`]
  }
  if (service.extensions.some(({ name }) => name === storage)) return undefined
  return [`extension "${storage}" is not started: add it to service::extensions`]
}

/** The config has been checked, if it is there at all. */
function queueOf(config: unknown): { storage?: string; directory?: string } {
  const { sending_queue: queue } = (config ?? {}) as {
    sending_queue?: { enabled?: boolean; storage?: string; directory?: string }
  }
  return queue?.enabled === true ? queue : {}
}
