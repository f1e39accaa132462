import { isDeepStrictEqual } from 'node:util'
import type { ConfiguredComponent, ServiceConfig } from '../config/service-config.ts'
import { chainConfigOf, type ExportChainOptions } from '../export/chain.ts'
import { storageOf } from '../export/create-queue.ts'
import type { Consumer } from '../plugin/consumer.ts'
import type { QueueStorage } from '../plugin/queue-storage.ts'
import { sameConfig } from './same-config.ts'

/** What an exporter and the chain before it are made from. */
export interface ExporterSpec {
  readonly configured: ConfiguredComponent
  /** What the chain is given beside the exporter's own keys. */
  readonly chain: Pick<ExportChainOptions, 'storages' | 'worker'>
  /** Where what it cannot deliver goes; absent = nowhere. */
  readonly deadLetter?: DeadLetterTarget | undefined
}

/** An exporter of the same graph, which keeps its way in while it is in one, or a directory. */
export type DeadLetterTarget =
  | { readonly exporter: string; readonly consumer: Consumer }
  | { readonly directory: string; readonly sizeBytesMax: number }

/** The part of a config that concerns one exporter. */
export function exporterSpec(config: ServiceConfig, configured: ConfiguredComponent): ExporterSpec {
  return { configured, chain: { storages: storagesOf(config, configured), worker: config.worker } }
}

export function sameSpec(a: ExporterSpec, b: ExporterSpec): boolean {
  return sameConfig(a.configured, b.configured) && sameOptions(a, b)
}

/** Would both give the same chain, whatever the exporter behind it? */
export function sameChain(a: ExporterSpec, b: ExporterSpec): boolean {
  const [before, now] = [a, b].map(({ configured }) => chainConfigOf(configured.config))
  return isDeepStrictEqual(before, now) && sameOptions(a, b)
}

function sameOptions(a: ExporterSpec, b: ExporterSpec): boolean {
  return isDeepStrictEqual(a.chain, b.chain) && sameTarget(a.deadLetter, b.deadLetter)
}

function sameTarget(a: DeadLetterTarget | undefined, b: DeadLetterTarget | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if ('exporter' in a || 'exporter' in b) {
    return 'exporter' in a && 'exporter' in b && a.exporter === b.exporter
  }
  return isDeepStrictEqual(a, b)
}

/** Where its queue lies on disk; undefined when it does not. Throws when its storage is missing. */
export function queueDirectory({ configured, chain }: ExporterSpec): string | undefined {
  const queue = chainConfigOf(configured.config).sending_queue
  if (queue?.enabled !== true) return undefined
  return storageOf(queue, { context: configured, ...chain })?.directory
}

/** What the extension offers that the exporter's queue names, if it names one. */
function storagesOf(
  { serviceExtensions, extensions }: ServiceConfig,
  { config }: ConfiguredComponent,
): ReadonlyMap<string, QueueStorage> {
  const id = chainConfigOf(config).sending_queue?.storage
  const extension = id !== undefined && serviceExtensions.includes(id) && extensions.get(id)
  const storage = extension ? extension.plugin.storage?.(extension.config) : undefined
  return new Map(id === undefined || storage === undefined ? [] : [[id, storage]])
}
