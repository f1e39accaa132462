import { definePlugin } from '#core'
import { apiKeyConfig } from './config.ts'
import { ApiKeyExtension } from './extension.ts'

export const apiKeyExtension = definePlugin({
  kind: 'extension',
  type: 'api_key',
  stability: 'beta',
  summary: 'Lets senders in who show an API key; each key has its tenant, rate and scopes.',
  config: apiKeyConfig,
  create: (config, context) => new ApiKeyExtension(config, context),
})
