import type { Plugin } from '../plugin/define-plugin.ts'
import type { WorkerPlace } from '../plugin/worker-place.ts'
import type { ConfiguredComponent, ServiceConfig } from './service-config.ts'

/**
 * The config as one of several worker processes runs it: without the extensions that speak for all
 * of them, every component with what must be this worker's own.
 */
export function configForWorker(config: ServiceConfig, worker: WorkerPlace): ServiceConfig {
  const own = <P extends Plugin>(
    components: ReadonlyMap<string, ConfiguredComponent<P>>,
  ): ReadonlyMap<string, ConfiguredComponent<P>> =>
    new Map([...components].map(([id, component]) => [id, componentFor(component, worker)]))
  return {
    ...config,
    receivers: own(config.receivers),
    processors: own(config.processors),
    exporters: own(config.exporters),
    connectors: own(config.connectors),
    extensions: own(config.extensions),
    serviceExtensions: config.serviceExtensions.filter(id => !isWholeService(config, id)),
    worker,
  }
}

/** Its counterpart for the process above the workers: the extensions that speak for all of them. */
export function configOfPrimary(config: ServiceConfig): ServiceConfig {
  return {
    ...config,
    serviceExtensions: config.serviceExtensions.filter(id => isWholeService(config, id)),
  }
}

function componentFor<P extends Plugin>(
  component: ConfiguredComponent<P>,
  worker: WorkerPlace,
): ConfiguredComponent<P> {
  const { plugin, config } = component
  if (plugin.forWorker === undefined) return component
  return { ...component, config: plugin.forWorker(config, worker) }
}

function isWholeService({ extensions }: ServiceConfig, id: string): boolean {
  return extensions.get(id)?.plugin.wholeService === true
}
