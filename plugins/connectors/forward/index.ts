import { definePlugin } from '#core'
import { forwardConnectorConfig } from './config.ts'
import { ForwardConnector } from './connector.ts'

export const forwardConnector = definePlugin({
  kind: 'connector',
  type: 'forward',
  stability: 'stable',
  summary: 'Joins pipelines: what goes in as into an exporter comes out as from a receiver.',
  config: forwardConnectorConfig,
  create: (_config, _context, next) => new ForwardConnector(next),
})
