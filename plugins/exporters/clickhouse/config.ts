import { z } from 'zod'
import { duration, exportChainFields, mustParse, secret } from '#core'
import { tlsClientConfig } from '#core/net'
import { parseEndpoint } from './endpoint.ts'

const IDENTIFIER = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'use letters, digits, _ and -')

/** 20 years: a DateTime ends in 2106. */
const TTL_MS_MAX = 175_200 * 3_600_000

const tableEngine = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z]*MergeTree$/, 'must be an engine of the MergeTree family')
    .default('MergeTree')
    .meta({ description: 'Engine of the log table, of the MergeTree family.' }),
  params: z.string().default('').meta({
    description: 'What stands between the parentheses of the engine.',
  }),
})

export const clickHouseConfig = z.strictObject({
  endpoint: z.string().superRefine(mustParse(parseEndpoint)).meta({
    description:
      'A server, http(s)://host:port[?database=x], or an embedded engine: chdb:///absolute/path or chdb://relative/path.',
  }),
  username: z.string().default('').meta({ description: 'User name; empty = default.' }),
  password: secret('Password of the user.').default(''),
  database: IDENTIFIER.default('default').meta({ description: 'Database of the tables.' }),
  ttl: duration('Rows older than this are deleted; 0 = kept for ever.', '0s').refine(
    ms => ms <= TTL_MS_MAX,
    'is over 175200h (20 years), where ClickHouse dates run out: use 0 to keep everything',
  ),
  create_schema: z.boolean().default(true).meta({
    description: 'Create and migrate the tables. false: see `parsec print-ddl`.',
  }),
  logs_table_name: IDENTIFIER.default('otel_logs').meta({ description: 'Table for logs.' }),
  traces_table_name: z.string().optional().meta({
    description: 'Table for traces; accepted as the Collector has it.',
    unused: 'Parsec stores logs only',
  }),
  metrics_tables: z.record(z.string(), z.unknown()).optional().meta({
    description: 'Tables for metrics; accepted as the Collector has them.',
    unused: 'Parsec stores logs only',
  }),
  cluster_name: z
    .string()
    .regex(/^[A-Za-z0-9_{}.-]*$/)
    .default('')
    .meta({ description: 'Adds ON CLUSTER to every statement of the schema; empty = none.' }),
  table_engine: tableEngine.prefault({}).meta({ description: 'Engine of the log table.' }),
  index_profile: z.enum(['lean', 'full_text']).default('lean').meta({
    description:
      'lean: an index on trace ids only. full_text: indexes on words of the body and on attributes; searches are faster, inserts cost about three times as much.',
  }),
  tenant_attribute: z
    .string()
    .max(200)
    .regex(/^[!-~]*$/, 'use printable characters without spaces')
    .regex(/^[^'"`\\]*$/, 'use no quotes and no backslash')
    .default('')
    .meta({
      description:
        'Resource attribute, such as tenant.id, that becomes the column Tenant, first in the order of a table that is made; empty = none. An existing table is left as it is.',
    }),
  dedup_window: z.number().int().min(0).max(1_000_000).default(10_000).meta({
    description:
      'Inserts the table remembers, so that a repeated one is not stored twice; 0 = none.',
  }),
  compress: z
    .union([z.boolean(), z.enum(['none', 'gzip', 'zstd', 'br', 'deflate', 'lz4'])])
    .default('none')
    .meta({
      description:
        'Compression of what is sent over HTTP. zstd needs Node 22.15; lz4 is sent uncompressed, with a warning.',
    }),
  async_insert: z.boolean().default(false).meta({
    description: "Accepted for the Collector's configs: batches always go in synchronously.",
  }),
  connection_params: z.record(z.string(), z.coerce.string()).default({}).meta({
    description: 'ClickHouse settings sent with every request.',
  }),
  tls: tlsClientConfig.prefault({}).meta({ description: 'TLS of an https endpoint.' }),
  json: z.literal(false).default(false).meta({
    description: 'Attributes are stored as Map columns; JSON columns are not supported.',
  }),
  ...exportChainFields('30s'),
})

export type ClickHouseConfig = z.output<typeof clickHouseConfig>
