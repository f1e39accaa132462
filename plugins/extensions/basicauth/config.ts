import { z } from 'zod'
import { duration, secret } from '#core'

/** The Collector's keys; tenant and realm are ours. */
const htpasswdConfig = z
  .strictObject({
    file: z.string().min(1).optional().meta({
      description:
        'An htpasswd file: bcrypt, $apr1$, {SHA}, {SSHA} or plain; read again as it changes.',
    }),
    inline: secret('Lines as in the file, in addition to it.').optional(),
  })
  .refine(({ file, inline }) => (file ?? inline) !== undefined, {
    path: ['inline'],
    message: 'set file, inline or both: without users nobody could send',
  })

const clientConfig = z
  .strictObject({
    username: z.string().optional().meta({ description: 'The user name to send.' }),
    username_file: z.string().optional().meta({ description: 'A file with the user name.' }),
    password: secret('The password to send.').optional(),
    password_file: z.string().optional().meta({
      description: 'A file with the password; read again as it changes.',
    }),
  })
  .refine(client => (client.username ?? client.username_file) !== undefined, {
    path: ['username'],
    message: 'set username or username_file',
  })

export const basicAuthConfig = z
  .strictObject({
    htpasswd: htpasswdConfig.optional().meta({ description: 'Who may send: for receivers.' }),
    client_auth: clientConfig.optional().meta({ description: 'Who we are: for exporters.' }),
    realm: z
      .string()
      .regex(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/)
      .default('parsec')
      .meta({
        description: 'Shown by browsers that ask for a password. Not in the Collector.',
      }),
    tenants: z.record(z.string(), z.string().min(1)).default({}).meta({
      description: 'Tenant by user name: `auth.tenant` for processors. Not in the Collector.',
    }),
    reload_interval: duration(
      'How often files are looked at; 0 = only at the start. Not in the Collector.',
      '10s',
    ),
  })
  .refine(
    ({ htpasswd, client_auth: client }) => (htpasswd === undefined) !== (client === undefined),
    {
      path: ['htpasswd'],
      message: 'set htpasswd (for receivers) or client_auth (for exporters), one of them',
    },
  )

export type BasicAuthConfig = z.output<typeof basicAuthConfig>
