import { z } from 'zod'
import { byteSize, duration } from '../config/fields.ts'
import { CONTENT_ENCODINGS } from './decompress.ts'
import { authField } from './server-auth.ts'
import { tlsServerConfig } from './tls-config.ts'

/*
 * The keys of an HTTP server, with the names of the Collector's confighttp. Defaults differ where
 * ours are safer: a body may take 64 MiB (OTLP 1.11 recommends it), a request at most a minute.
 */

const corsConfig = z.strictObject({
  allowed_origins: z
    .array(z.string())
    .default([])
    .meta({ description: 'Origins of browser pages that may send; `*` stands for anything.' }),
  allowed_headers: z
    .array(z.string())
    .default([])
    .meta({ description: 'Headers such pages may send beyond the usual ones; `*` for all.' }),
  exposed_headers: z
    .array(z.string())
    .default([])
    .meta({ description: 'Response headers such pages may read.' }),
  max_age: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .meta({ description: 'Seconds a browser may keep the permission; 0 = its own default.' }),
})

/** The Collector's list of extensions that stand before a server. */
export const middlewaresField = z
  .array(
    z.strictObject({
      id: z.string().meta({ description: 'Of an extension, such as memory_limiter.' }),
    }),
  )
  .default([])
  .meta({
    description:
      'Extensions that must stand guard, or the receiver does not start. memory_limiter guards every receiver, named here or not.',
  })

// oxlint-disable-next-line max-lines-per-function -- a table of keys, not logic
// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the schema is the type
export const httpServerFields = (endpoint: string) => ({
  endpoint: z.string().default(endpoint).meta({
    description: 'host:port to listen on; unix:///path for a socket. :port means every address.',
  }),
  transport: z.enum(['tcp', 'tcp4', 'tcp6', 'unix']).default('tcp').meta({
    description: 'unix: endpoint is the path of a socket.',
  }),
  tls: tlsServerConfig.optional().meta({ description: 'TLS; absent = plain text.' }),
  cors: corsConfig.optional().meta({ description: 'Rules for browser pages of other origins.' }),
  auth: authField,
  middlewares: middlewaresField,
  max_request_body_size: byteSize(
    'Most bytes of a request body, before and after decompression; 0 = the default.',
    '64MiB',
  ),
  max_in_flight_size: byteSize(
    'Most bytes of requests in progress, over all connections; beyond it the answer is 429.',
    '256MiB',
  ),
  max_header_size: byteSize('Most bytes of all headers of a request.', '16KiB'),
  max_requests_per_client: z.number().int().nonnegative().default(0).meta({
    description:
      'Most requests in progress of one client, by its address; 0 = no bound. Behind a proxy all have one address.',
  }),
  max_connections: z.number().int().nonnegative().default(0).meta({
    description: 'Most connections at once; 0 = no bound.',
  }),
  compression_algorithms: z
    .array(z.enum(['', 'gzip', 'deflate', 'zlib', 'zstd', 'snappy', 'x-snappy-framed', 'lz4']))
    .default(['', ...CONTENT_ENCODINGS])
    .meta({
      description:
        'Content-Encodings to accept; snappy and lz4 are never accepted, zstd by new Node.',
      default: ['', 'gzip', 'deflate', 'zlib', 'zstd'],
    }),
  include_metadata: z.boolean().default(false).meta({
    description: 'Keep the request headers with the batch, for processors and exporters.',
  }),
  response_headers: z
    .record(z.string(), z.string())
    .default({})
    .meta({ description: 'Headers to add to every answer.' }),
  read_timeout: duration('Longest time to receive a request; 0 = no bound.', '60s'),
  read_header_timeout: duration('Longest time to receive its headers; 0 = no bound.', '60s'),
  write_timeout: duration(
    'Close a connection on which nothing moves for so long; 0 = never.',
    '0s',
  ),
  idle_timeout: duration('Close a connection that waits for a request for so long.', '60s'),
  keep_alives_enabled: z.boolean().default(true).meta({
    description: 'Keep connections open for more requests.',
  }),
})

type Fields = ReturnType<typeof httpServerFields>
export type HttpServerConfig = z.output<z.ZodObject<Fields>>
