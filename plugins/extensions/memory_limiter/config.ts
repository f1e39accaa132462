import { memoryLimiterConfig as config } from '#core'

/** The same as that of the processor. */
export const memoryLimiterConfig = config
