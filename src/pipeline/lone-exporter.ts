import type { Logger } from 'pino'
import type { ConfiguredComponent } from '../config/service-config.ts'
import { buildExportChain, chainConfigOf } from '../export/chain.ts'
import { Authenticators } from '../plugin/authenticator.ts'
import type { Component } from '../plugin/component.ts'
import type { Consumer } from '../plugin/consumer.ts'
import type { ExporterPlugin } from '../plugin/define-plugin.ts'
import { Door } from '../plugin/door.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { Guard } from './guard.ts'
import { createPluginContext } from './plugin-context.ts'

export interface LoneExporterOptions {
  readonly logger: Logger
  readonly metrics: Metrics
  /** For an exporter with `auth`. */
  readonly authenticators?: Authenticators
}

/**
 * One exporter of a config without pipelines, queue and dead letter: `consume` gives the
 * destination's own verdict, after a few seconds of retries. Throws an Error that names the exporter
 * when it cannot be created.
 */
export function createLoneExporter(
  { id, plugin, config }: ConfiguredComponent<ExporterPlugin>,
  { logger, metrics, authenticators = new Authenticators() }: LoneExporterOptions,
): Required<Pick<Component, 'start' | 'stop'>> & Consumer {
  const context = createPluginContext({
    kind: 'exporter',
    id,
    logger,
    metrics,
    authenticators,
    // It receives nothing, so nobody asks.
    door: new Door(),
    reportStatus: () => {},
  })
  const exporter = plugin.create(config, context)
  const { sending_queue: _queue, ...rest } = chainConfigOf(config)
  const chain = buildExportChain(new Guard(exporter, context), rest, context)
  return {
    start: async () => {
      await exporter.start?.()
      await chain.start?.()
    },
    consume: (batch, signal) => chain.consume(batch, signal),
    stop: async deadline => {
      await chain.stop(deadline)
      await exporter.stop?.(deadline)
    },
  }
}
