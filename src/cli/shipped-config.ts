import { fileURLToPath } from 'node:url'

/** What commands use without `--config`: everything in one process, stored on disk. */
export const SHIPPED_CONFIG = fileURLToPath(
  new URL('../../../config/standalone.yaml', import.meta.url),
)
