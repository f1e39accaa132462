import { definePlugin } from '#core'
import { oidcConfig } from './config.ts'
import { OidcExtension } from './extension.ts'

export const oidcExtension = definePlugin({
  kind: 'extension',
  type: 'oidc',
  stability: 'beta',
  summary: 'Lets senders in who show a token of an OpenID Connect issuer.',
  config: oidcConfig,
  create: (config, context) => new OidcExtension(config, context),
})
