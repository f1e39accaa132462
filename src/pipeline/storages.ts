import type { ServiceConfig } from '../config/service-config.ts'
import { chainConfigOf } from '../export/chain.ts'
import { storageOf } from '../export/create-queue.ts'
import type { QueueStorage } from '../plugin/queue-storage.ts'

/** What the extensions that run offer to sending queues. */
export function storagesOf({
  serviceExtensions,
  extensions,
}: ServiceConfig): Map<string, QueueStorage> {
  const storages = new Map<string, QueueStorage>()
  for (const id of serviceExtensions) {
    const extension = extensions.get(id)
    const storage = extension?.plugin.storage?.(extension.config)
    if (storage !== undefined) storages.set(id, storage)
  }
  return storages
}

/**
 * Where the dead letters of an exporter with a queue on disk are kept when nothing else is
 * configured: in a directory beside that of the queue. Undefined for an exporter without one.
 */
export function letterDirectoryOf(config: ServiceConfig, exporter: string): string | undefined {
  const { sending_queue: queue } = chainConfigOf(config.exporters.get(exporter)?.config)
  if (queue === undefined || !queue.enabled) return undefined
  const storage = storageOf(queue, { context: { id: exporter }, storages: storagesOf(config) })
  return storage && `${storage.directory}-dead-letter`
}

/** Every directory in which a process with this config may keep dead letters. */
export function letterDirectories(config: ServiceConfig): string[] {
  const own = [...config.exporters.keys()].map(id => letterDirectoryOf(config, id))
  const all = [config.deadLetter?.directory, ...own]
  return [...new Set(all.filter(directory => directory !== undefined))]
}
