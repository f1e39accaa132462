import { access, constants, mkdir, stat } from 'node:fs/promises'
import type { Extension, ExtensionContext } from '#core'
import type { FileStorageConfig } from './config.ts'

/** Makes sure of the directory; the queues in it look after themselves. */
export class FileStorageExtension implements Extension {
  readonly #config: FileStorageConfig
  readonly #context: ExtensionContext

  constructor(config: FileStorageConfig, context: ExtensionContext) {
    this.#config = config
    this.#context = context
  }

  /** Rejects when the directory is missing and must not be made, or cannot be written. */
  async start(): Promise<void> {
    const { directory, create_directory, directory_permissions, fsync } = this.#config
    if (create_directory) {
      await mkdir(directory, { recursive: true, mode: Number.parseInt(directory_permissions, 8) })
    }
    const found = await stat(directory).catch(() => undefined)
    if (found?.isDirectory() !== true) {
      throw new Error(`${directory} is no directory: make it, or set create_directory: true`)
    }
    await access(directory, constants.W_OK | constants.X_OK)
    if (!fsync) {
      this.#context.logger.warn(
        'fsync: false acknowledges what the disk may not have: a power cut loses it',
      )
    }
  }
}
