import { definePlugin, memoryLimitOfWorker } from '#core'
import { memoryLimiterConfig } from './config.ts'
import { MemoryLimiterProcessor } from './processor.ts'

export const memoryLimiter = definePlugin({
  kind: 'processor',
  type: 'memory_limiter',
  stability: 'beta',
  summary: 'Refuses data, retryably, before the process runs out of memory.',
  config: memoryLimiterConfig,
  forWorker: memoryLimitOfWorker,
  create: (config, context, next) => new MemoryLimiterProcessor(config, context, next),
})
