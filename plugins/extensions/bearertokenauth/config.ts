import { z } from 'zod'
import { duration, secret } from '#core'

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i

/** A token goes into a header as it is. */
const token = (description: string): z.ZodString =>
  secret(description).regex(/^[\x21-\x7e]+$/, 'must be printable characters without spaces')

/** The Collector's keys; tenant is ours. */
export const bearerTokenAuthConfig = z
  .strictObject({
    header: z.string().regex(HEADER_NAME, 'is not a header name').default('Authorization').meta({
      description: 'The header with scheme and token.',
    }),
    scheme: z
      .string()
      .regex(/^[!-~]*$/, 'must be one word')
      .default('Bearer')
      .meta({
        description: 'What stands before the token; empty = nothing.',
      }),
    token: token('The token: what senders must show, and what exporters send.').optional(),
    tokens: z.array(token('A token.')).min(1).optional().meta({
      description: 'Several tokens that senders may show; exporters send the first.',
    }),
    filename: z.string().min(1).optional().meta({
      description:
        'A file with one token a line, instead of token and tokens; read again as it changes.',
    }),
    tenant: z.string().min(1).optional().meta({
      description: 'Whose records these are: `auth.tenant` for processors. Not in the Collector.',
    }),
    reload_interval: duration(
      'How often the file is looked at; 0 = only at the start. Not in the Collector.',
      '10s',
    ),
  })
  .superRefine(({ token: one, tokens, filename }, context) => {
    const given = [one, tokens, filename].filter(value => value !== undefined).length
    if (given === 1) return
    const message = `set one of token, tokens and filename${given === 0 ? '' : ', not several'}`
    context.addIssue({ code: 'custom', path: ['token'], message })
  })

export type BearerTokenAuthConfig = z.output<typeof bearerTokenAuthConfig>
