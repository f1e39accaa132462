import { definePlugin, memoryLimitOfWorker } from '#core'
import { memoryLimiterConfig } from './config.ts'
import { MemoryLimiterExtension } from './extension.ts'

export const memoryLimiterExtension = definePlugin({
  kind: 'extension',
  type: 'memory_limiter',
  stability: 'beta',
  summary: 'Refuses requests at the door of every receiver before the process runs out of memory.',
  config: memoryLimiterConfig,
  forWorker: memoryLimitOfWorker,
  create: (config, context) => new MemoryLimiterExtension(config, context),
})
