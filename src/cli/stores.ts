import type { ConfiguredComponent, ServiceConfig } from '../config/service-config.ts'
import type { ExporterPlugin, StoreQuery } from '../plugin/define-plugin.ts'

/** A choice the config does not allow; the message says what it does. */
export class StoreChoiceError extends Error {
  override readonly name = 'StoreChoiceError'
}

/**
 * Runs read-only SQL against the store of the exporter with this id, or of the only one that can be
 * asked. Throws StoreChoiceError; rejects with PipelineError when the query fails.
 */
export async function queryStore(
  config: ServiceConfig,
  exporterId: string | undefined,
  query: StoreQuery,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { id, plugin, config: own } = chooseStore(config, exporterId, 'query', 'be queried')
  const answer = plugin.query?.(own, query, signal)
  if (answer === undefined) throw new StoreChoiceError(`exporter ${id} cannot be queried`)
  return await answer
}

/**
 * The statements that make what the exporter with this id writes into, or those of every exporter
 * that has some, each under its id. Throws StoreChoiceError.
 */
export function storeDdl(config: ServiceConfig, exporterId: string | undefined): string {
  const stores = storesWith(config, 'ddl')
  const chosen =
    exporterId === undefined && stores.length > 0
      ? stores
      : [chooseStore(config, exporterId, 'ddl', 'print statements')]
  return chosen
    .map(({ id, plugin, config: own }) => `-- exporter ${id}\n${plugin.ddl?.(own) ?? ''}`)
    .join('\n')
}

type Store = ConfiguredComponent<ExporterPlugin>

function storesWith(config: ServiceConfig, ability: 'query' | 'ddl'): Store[] {
  return [...config.exporters.values()].filter(({ plugin }) => plugin[ability] !== undefined)
}

function chooseStore(
  config: ServiceConfig,
  exporterId: string | undefined,
  ability: 'query' | 'ddl',
  verb: string,
): Store {
  const stores = storesWith(config, ability)
  const ids = stores.map(({ id }) => id).join(', ')
  if (stores.length === 0) throw new StoreChoiceError(`no exporter of the config can ${verb}`)
  if (exporterId === undefined) {
    if (stores.length === 1) return stores[0]!
    throw new StoreChoiceError(`several exporters can ${verb}, name one with --exporter: ${ids}`)
  }
  const store = stores.find(({ id }) => id === exporterId)
  if (store !== undefined) return store
  const known = config.exporters.has(exporterId)
  throw new StoreChoiceError(
    `exporter ${exporterId} ${known ? `cannot ${verb}` : 'is not in the config'}; those that can: ${ids}`,
  )
}
