import { definePlugin } from '#core'
import { ingestReceiverConfig } from './config.ts'
import { IngestReceiver } from './receiver.ts'

export const ingestReceiver = definePlugin({
  kind: 'receiver',
  type: 'ingest',
  stability: 'beta',
  summary: 'Receives plain JSON over HTTP: one object, an array, or one object a line.',
  config: ingestReceiverConfig,
  create: (config, context, next) => new IngestReceiver(config, context, next),
})
