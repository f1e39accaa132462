import { definePlugin } from '#core'
import { attributesProcessorConfig } from './config.ts'
import { AttributesProcessor } from './processor.ts'

export const attributesProcessor = definePlugin({
  kind: 'processor',
  type: 'attributes',
  stability: 'beta',
  summary: 'Inserts, updates, deletes, hashes, extracts and converts attributes of log records.',
  config: attributesProcessorConfig,
  create: (config, _context, next) => new AttributesProcessor(config, next),
})
