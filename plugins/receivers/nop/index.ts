import { definePlugin } from '#core'
import { nopReceiverConfig } from './config.ts'
import { NopReceiver } from './receiver.ts'

export const nopReceiver = definePlugin({
  kind: 'receiver',
  type: 'nop',
  stability: 'stable',
  summary: 'Never receives anything.',
  config: nopReceiverConfig,
  create: () => new NopReceiver(),
})
