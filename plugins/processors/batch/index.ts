import { definePlugin } from '#core'
import { batchProcessorConfig } from './config.ts'
import { BatchProcessor } from './processor.ts'

export const batchProcessor = definePlugin({
  kind: 'processor',
  type: 'batch',
  stability: 'beta',
  summary: 'Joins small batches; every sender hears what became of the batch its records were in.',
  config: batchProcessorConfig,
  create: (config, context, next) => new BatchProcessor(config, context, next),
})
