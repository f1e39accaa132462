import { z } from 'zod'
import { duration, secret } from '#core'

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i

/** One key, of which only the hash is known. */
const keyConfig = z.strictObject({
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable characters without spaces')
    .meta({ description: 'Names the key in logs and metrics; not a secret.' }),
  sha256: secret('SHA-256 of the key, in hex.').regex(
    /^[0-9a-f]{64}$/i,
    'must be the 64 hex digits of a SHA-256: printf %s "$KEY" | sha256sum',
  ),
  tenant: z.string().min(1).optional().meta({
    description: 'Whose records these are: `auth.tenant` for processors.',
  }),
  scopes: z.array(z.string().min(1)).default(['logs:write']).meta({
    description: 'What the key may do; sending logs takes logs:write.',
  }),
  requests_per_second: z.number().positive().optional().meta({
    description: 'Most requests of this key in the long run; beyond it the answer is 429.',
  }),
  burst: z.number().int().positive().optional().meta({
    description: 'Most requests at once; absent = those of one second, at least 1.',
  }),
  expires: z.iso.datetime({ offset: true }).optional().meta({
    description: 'The key is no good from this moment on, such as 2026-12-31T00:00:00Z.',
  }),
  disabled: z.boolean().default(false).meta({ description: 'The key is no good.' }),
})

export type KeyConfig = z.output<typeof keyConfig>

/** What is under `keys`, and in the file. */
export const keyList = z.array(keyConfig).superRefine((keys, context) => {
  for (const field of ['id', 'sha256'] as const) {
    const seen = new Set<string>()
    for (const [index, key] of keys.entries()) {
      const value = key[field].toLowerCase()
      if (seen.has(value)) {
        context.addIssue({ code: 'custom', path: [index, field], message: 'is there twice' })
      }
      seen.add(value)
    }
  }
})

export const apiKeyConfig = z
  .strictObject({
    header: z.string().regex(HEADER_NAME, 'is not a header name').default('x-api-key').meta({
      description: 'Header with the key. `Authorization: Bearer KEY` is as good.',
    }),
    keys: keyList.default([]).meta({
      description: 'The keys, or ${env:NAME} with the same list as YAML or JSON.',
    }),
    file: z.string().min(1).optional().meta({
      description: 'A YAML or JSON file with such a list, in addition; read again as it changes.',
    }),
    reload_interval: duration('How often the file is looked at; 0 = only at the start.', '10s'),
  })
  .refine(({ keys, file }) => keys.length > 0 || file !== undefined, {
    path: ['keys'],
    message: 'without keys and file nobody could send',
  })

export type ApiKeyConfig = z.output<typeof apiKeyConfig>
