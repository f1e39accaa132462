import { definePlugin } from '#core'
import { batchConfig } from './config.ts'
import { BatchProcessor } from './processor.ts'

export const batchProcessor = definePlugin({
  kind: 'processor',
  type: 'batch',
  stability: 'beta',
  summary: 'Joins small batches into larger ones; every sender gets the verdict.',
  config: batchConfig,
  create: (config, context, next) => new BatchProcessor(config, context, next),
})
