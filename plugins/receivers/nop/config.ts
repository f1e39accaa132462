import { z } from 'zod'

export const nopReceiverConfig = z.strictObject({})
