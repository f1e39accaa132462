import { z } from 'zod'
import { duration, secret } from '../config/fields.ts'

/*
 * The `tls` block of servers and clients, with the keys of the Collector's configtls. The functions
 * that turn it into options for node:tls are in tls-options.ts.
 */

const VERSIONS = ['1.0', '1.1', '1.2', '1.3'] as const

/** YAML reads an unquoted 1.2 as a number. */
function tlsVersion(description: string): z.ZodType<(typeof VERSIONS)[number]> {
  return z
    .union([z.enum(VERSIONS), z.literal([1, 1.1, 1.2, 1.3])])
    .transform(version =>
      typeof version === 'number' ? (version.toFixed(1) as '1.0' | '1.1' | '1.2' | '1.3') : version,
    )
    .meta({ description })
}

const commonFields = {
  ca_file: z.string().optional().meta({
    description: 'PEM file with the authorities to trust; absent = those Node trusts.',
  }),
  ca_pem: z.string().optional().meta({ description: 'As ca_file, but the PEM text itself.' }),
  include_system_ca_certs_pool: z.boolean().default(false).meta({
    description: 'Trust the usual authorities as well as those of ca_file or ca_pem.',
  }),
  cert_file: z.string().optional().meta({ description: 'PEM file with our certificate chain.' }),
  cert_pem: z.string().optional().meta({ description: 'As cert_file, but the PEM text itself.' }),
  key_file: z.string().optional().meta({ description: 'PEM file with our private key.' }),
  key_pem: secret('As key_file, but the PEM text itself.').optional(),
  min_version: tlsVersion('Lowest TLS version; absent = 1.2.').optional(),
  max_version: tlsVersion('Highest TLS version; absent = the highest there is.').optional(),
  cipher_suites: z.array(z.string()).optional().meta({
    description:
      'Cipher suites for TLS 1.2 and below, by IANA name such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.',
  }),
  curve_preferences: z
    .array(z.enum(['X25519', 'P256', 'P384', 'P521']))
    .optional()
    .meta({ description: 'Elliptic curves for the key exchange, best first.' }),
  reload_interval: duration('Read the files again this often; 0 = never.', '0s'),
} as const

/** `tls` of a server. Absent means plain text. */
export const tlsServerConfig = z.strictObject({
  ...commonFields,
  client_ca_file: z.string().optional().meta({
    description: 'PEM file with the authorities of client certificates; set = demand one (mTLS).',
  }),
  client_crl_file: z.string().optional().meta({
    description:
      'PEM file with revocation lists of those authorities; a revoked certificate is refused. Not in the Collector.',
  }),
  client_ca_file_reload: z.boolean().default(false).meta({
    description: 'Read client_ca_file again when it changes, checked every reload_interval or 10s.',
  }),
})

/** `tls` of a client. Absent means TLS with the usual authorities. */
export const tlsClientConfig = z.strictObject({
  ...commonFields,
  insecure: z.boolean().default(false).meta({
    description: 'Plain text, no TLS at all (gRPC; HTTP goes by the scheme of the URL).',
  }),
  insecure_skip_verify: z.boolean().default(false).meta({
    description: 'TLS without checking who the server is: for tests only.',
  }),
  server_name_override: z.string().optional().meta({
    description: 'The name to ask for and to check in the certificate, instead of the host name.',
  }),
})

export type TlsServerConfig = z.output<typeof tlsServerConfig>
export type TlsClientConfig = z.output<typeof tlsClientConfig>
