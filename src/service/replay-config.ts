import type {
  ConfiguredComponent,
  PipelineConfig,
  ServiceConfig,
} from '../config/service-config.ts'
import type { ReceiverPlugin } from '../plugin/define-plugin.ts'

/**
 * What of a config a replay through one receiver runs: the pipelines that it leads to, also by way of
 * connectors, with no other receiver, and `create` in place of its plugin's. Exporters have no queue,
 * so that what is done is stored, and a running service keeps the files of its queues.
 */
export function replayConfig(
  config: ServiceConfig,
  receiver: string,
  create: ReceiverPlugin['create'],
): ServiceConfig {
  const configured = config.receivers.get(receiver)!
  return {
    ...config,
    pipelines: pipelinesFrom(config, receiver),
    receivers: new Map([[receiver, { ...configured, plugin: { ...configured.plugin, create } }]]),
    exporters: new Map([...config.exporters].map(([id, exporter]) => [id, unqueued(exporter)])),
  }
}

/** The pipelines that get what the receiver passes on, each without its other sources. */
function pipelinesFrom(
  { pipelines, connectors }: ServiceConfig,
  receiver: string,
): PipelineConfig[] {
  const sources = new Set([receiver])
  // A Set goes through what is added meanwhile.
  for (const source of sources) {
    for (const { receivers, exporters } of pipelines) {
      if (!receivers.includes(source)) continue
      // An exporter may be named as a receiver is.
      for (const id of exporters) if (connectors.has(id)) sources.add(id)
    }
  }
  return pipelines.flatMap(pipeline => {
    const receivers = pipeline.receivers.filter(id => sources.has(id))
    return receivers.length === 0 ? [] : [{ ...pipeline, receivers }]
  })
}

function unqueued<C extends ConfiguredComponent>(exporter: C): C {
  const config = exporter.config as { readonly sending_queue?: object }
  const { sending_queue: queue } = config
  if (queue === undefined) return exporter
  return { ...exporter, config: { ...config, sending_queue: { ...queue, enabled: false } } }
}
