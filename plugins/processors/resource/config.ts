import { z } from 'zod'
import { attributeActionConfig } from '#core'

export const resourceProcessorConfig = z.strictObject({
  attributes: z.array(attributeActionConfig).min(1, 'at least one action is needed').meta({
    description: 'What to do to the attributes of each resource, in this order.',
  }),
})

export type ResourceProcessorConfig = z.output<typeof resourceProcessorConfig>
