import { z } from 'zod'
import { duration, exportChainFields, mustParse, secret } from '#core'
import { tlsClientConfig } from '#core/net'
import { parseEndpoint } from './endpoint.ts'

const IDENTIFIER = z.string().min(1).max(63)
/** 63 bytes are what PostgreSQL keeps of a name; the longest suffix of ours has 13. */
const TABLE = z
  .string()
  .max(50)
  .regex(/^[a-z_][a-z0-9_]*$/, 'use lower-case letters, digits and _')

/** 100 years: timestamps are good for more, arithmetic on intervals need not be. */
const TTL_MS_MAX = 100 * 365 * 86_400_000

export const postgresConfig = z.strictObject({
  endpoint: z.string().superRefine(mustParse(parseEndpoint)).meta({
    description:
      'The server: postgres://[user[:password]@]host[:port][/database][?sslmode=disable|verify-full]. `?host=/run/postgresql` names a Unix socket.',
  }),
  username: z.string().default('').meta({
    description: 'User name; empty = that of the endpoint, else postgres.',
  }),
  password: secret('Password of the user; empty = that of the endpoint.').default(''),
  database: z.string().default('').meta({
    description: 'Database; empty = that of the endpoint, else named as the user. It must exist.',
  }),
  schema: IDENTIFIER.default('public').meta({ description: 'Schema of the tables.' }),
  logs_table_name: TABLE.default('otel_logs').meta({ description: 'Table for logs.' }),
  ttl: duration(
    'Days that ended longer ago are dropped, whole partitions at a time; 0 = kept for ever.',
    '0s',
  ).refine(ms => ms <= TTL_MS_MAX, 'is over 876000h (100 years): use 0 to keep everything'),
  create_schema: z.boolean().default(true).meta({
    description:
      'Create and migrate the tables, make and expire partitions. false: see `parsec print-ddl`.',
  }),
  index_profile: z.enum(['lean', 'attributes', 'full_text']).default('lean').meta({
    description:
      'lean: indexes on time, service and trace id. attributes: GIN indexes on the attributes, too. full_text: those, and one on the words of the body; inserts cost about three times as much.',
  }),
  partition_days_ahead: z.number().int().min(1).max(60).default(4).meta({
    description: 'Days after today whose partitions are made ahead; later records go aside.',
  }),
  partition_days_behind: z.number().int().min(0).max(366).default(7).meta({
    description: 'Days before today that get a partition, too; older records go aside.',
  }),
  dedup_window: duration(
    'How long a stored batch is remembered, so that a repeated one is not stored twice.',
    '168h',
  ).refine(ms => ms >= 3_600_000, 'is under 1h: a repetition may come later than that'),
  tls: tlsClientConfig.prefault({}).meta({
    description:
      'TLS of the connections: used unless the host is this machine, `sslmode=disable` or `insecure: true`.',
  }),
  ...exportChainFields('30s'),
})

export type PostgresConfig = z.output<typeof postgresConfig>
