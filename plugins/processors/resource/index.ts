import { definePlugin } from '#core'
import { resourceProcessorConfig } from './config.ts'
import { ResourceProcessor } from './processor.ts'

export const resourceProcessor = definePlugin({
  kind: 'processor',
  type: 'resource',
  stability: 'beta',
  summary: 'Inserts, updates, deletes, hashes, extracts and converts attributes of resources.',
  config: resourceProcessorConfig,
  create: (config, _context, next) => new ResourceProcessor(config, next),
})
