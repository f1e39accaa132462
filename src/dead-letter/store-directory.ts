import type { ServiceConfig } from '../config/service-config.ts'

/**
 * The store of an exporter with a queue on disk, when nothing else is configured: a sibling of the
 * queue's directory. Undefined for an exporter without one.
 */
export function storeDirectoryOf(exporterConfig: unknown): string | undefined {
  const { sending_queue: queue } = (exporterConfig ?? {}) as {
    readonly sending_queue?: { readonly enabled?: unknown; readonly directory?: unknown }
  }
  if (queue?.enabled === false || typeof queue?.directory !== 'string') return undefined
  return `${queue.directory.replace(/\/+$/, '')}-dead-letter`
}

/** Every directory in which a process with this config may keep dead letters. */
export function storeDirectories({ deadLetter, exporters }: ServiceConfig): string[] {
  const directories = [...exporters.values()].map(({ config }) => storeDirectoryOf(config))
  const all = [deadLetter?.directory, ...directories]
  return [...new Set(all.filter(directory => directory !== undefined))]
}
