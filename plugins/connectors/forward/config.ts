import { z } from 'zod'

export const forwardConnectorConfig = z.strictObject({})
