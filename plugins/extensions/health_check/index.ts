import { definePlugin } from '#core'
import { healthCheckConfig } from './config.ts'
import { HealthCheckExtension } from './extension.ts'

export const healthCheck = definePlugin({
  kind: 'extension',
  type: 'health_check',
  stability: 'beta',
  summary: 'One URL that answers 200 or 503, for load balancers and orchestrators.',
  config: healthCheckConfig,
  wholeService: true,
  create: (config, context) => new HealthCheckExtension(config, context),
})
