import { definePlugin } from '#core'
import { clientCertificateConfig } from './config.ts'
import { ClientCertificateExtension } from './extension.ts'

export const clientCertificateExtension = definePlugin({
  kind: 'extension',
  type: 'client_certificate',
  stability: 'beta',
  summary: 'Names senders by their client certificates (mTLS).',
  config: clientCertificateConfig,
  create: (config, context) => new ClientCertificateExtension(config, context),
})
