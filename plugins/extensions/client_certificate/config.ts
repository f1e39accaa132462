import { z } from 'zod'

const NAMES = ['cn', 'dns', 'uri', 'email'] as const
const PARTS = ['o', 'ou', 'cn'] as const

export const clientCertificateConfig = z.strictObject({
  subject_from: z.enum(NAMES).default('cn').meta({
    description:
      'Which name of the certificate is the sender: its common name, or the first of its alternative names of a kind (uri for SPIFFE).',
  }),
  allowed_subjects: z.array(z.string().min(1)).optional().meta({
    description: 'Names that may send; absent = every one the authority has signed.',
  }),
  tenant_from: z.enum(PARTS).optional().meta({
    description: 'Which part of the subject is the tenant: `auth.tenant` for processors.',
  }),
})

export type ClientCertificateConfig = z.output<typeof clientCertificateConfig>
