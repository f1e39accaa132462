import type { PipelineConfig, ServiceConfig } from '../config/service-config.ts'
import { exporterSpec, queueDirectory } from './exporter-spec.ts'

/** Where an exporter's dead letters go: to another exporter, or into a directory. */
export type LetterPlace =
  | { readonly exporter: string }
  | { readonly directory: string; readonly sizeBytesMax: number }

/** Of a directory that belongs to one exporter's queue. */
const SIZE_BYTES_MAX = 1024 ** 3

/**
 * Where the dead letters of an exporter go: to the exporter that one of its `pipelines` names, else
 * to `service::dead_letter`, else into a directory beside its queue on disk, else nowhere. An
 * exporter that takes dead letters from others has no place for its own: what it cannot take stays
 * where it came from.
 */
export function letterPlaceOf(
  config: ServiceConfig,
  pipelines: readonly PipelineConfig[],
  exporter: string,
): LetterPlace | undefined {
  const named = pipelines.find(
    ({ exporters, deadLetter }) =>
      deadLetter !== undefined && deadLetter !== exporter && exporters.includes(exporter),
  )
  if (named?.deadLetter !== undefined) return { exporter: named.deadLetter }
  if (pipelines.some(({ deadLetter }) => deadLetter === exporter)) return undefined
  if (config.deadLetter !== undefined) return config.deadLetter
  const directory = besideQueue(config, exporter)
  return directory === undefined ? undefined : { directory, sizeBytesMax: SIZE_BYTES_MAX }
}

/** Every directory in which a process with this config may keep dead letters. */
export function letterDirectories(config: ServiceConfig): string[] {
  const own = [...config.exporters.keys()].map(id => besideQueue(config, id))
  const all = [config.deadLetter?.directory, ...own]
  return [...new Set(all.filter(directory => directory !== undefined))]
}

/** One for all workers: every process writes files of its own. */
function besideQueue(all: ServiceConfig, exporter: string): string | undefined {
  const { worker: _, ...config } = all
  const configured = config.exporters.get(exporter)
  const directory = configured && queueDirectory(exporterSpec(config, configured))
  return directory === undefined ? undefined : `${directory}-dead-letter`
}
