import type { Plugin } from '#core'
import { memoryLimiter } from './processors/memory_limiter/index.ts'

/** The one list of built-in plugins. */
export const plugins: readonly Plugin[] = [memoryLimiter]
