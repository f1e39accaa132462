import { definePlugin } from '#core'
import { rateLimitConfig } from './config.ts'
import { RateLimitProcessor } from './processor.ts'

export const rateLimitProcessor = definePlugin({
  kind: 'processor',
  type: 'rate_limit',
  stability: 'beta',
  summary: 'Refuses, for now, what a tenant sends beyond its records or bytes a second.',
  config: rateLimitConfig,
  create: (config, context, next) => new RateLimitProcessor(config, context, next),
})
