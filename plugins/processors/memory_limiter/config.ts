import { memoryLimiterConfig as config } from '#core'

/** The same as that of the extension. */
export const memoryLimiterConfig = config
