import { definePlugin } from '#core'
import { fileStorageConfig } from './config.ts'
import { FileStorageExtension } from './extension.ts'

export const fileStorage = definePlugin({
  kind: 'extension',
  type: 'file_storage',
  stability: 'beta',
  summary: 'A directory for the sending queues that name it as their storage.',
  config: fileStorageConfig,
  create: (config, context) => new FileStorageExtension(config, context),
  storage: ({ directory, fsync }) => ({ directory, fsync }),
})
