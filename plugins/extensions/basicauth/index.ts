import { definePlugin } from '#core'
import { basicAuthConfig } from './config.ts'
import { BasicAuthExtension } from './extension.ts'

export const basicAuthExtension = definePlugin({
  kind: 'extension',
  type: 'basicauth',
  synonyms: ['basic_auth'],
  stability: 'beta',
  summary: 'HTTP Basic authentication: of senders by an htpasswd file, or for exporters.',
  config: basicAuthConfig,
  create: (config, context) => new BasicAuthExtension(config, context),
})
