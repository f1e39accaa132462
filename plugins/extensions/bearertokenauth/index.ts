import { definePlugin } from '#core'
import { bearerTokenAuthConfig } from './config.ts'
import { BearerTokenAuthExtension } from './extension.ts'

export const bearerTokenAuthExtension = definePlugin({
  kind: 'extension',
  type: 'bearertokenauth',
  synonyms: ['bearer_token_auth'],
  stability: 'beta',
  summary: 'A token in a header: demanded of senders, or sent by exporters.',
  config: bearerTokenAuthConfig,
  create: (config, context) => new BearerTokenAuthExtension(config, context),
})
