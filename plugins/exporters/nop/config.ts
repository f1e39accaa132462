import { z } from 'zod'

export const nopExporterConfig = z.strictObject({})
