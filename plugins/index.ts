import type { Plugin } from '#core'

/** The one list of built-in plugins. */
export const plugins: readonly Plugin[] = []
