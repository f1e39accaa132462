import { z } from 'zod'
import { byteSize, duration, mustParse, secret } from '../config/fields.ts'
import { type Compression, canCompress } from './compression.ts'
import { parseGrpcTarget } from './grpc-target.ts'
import { authField } from './server-auth.ts'
import { tlsClientConfig } from './tls-config.ts'

/*
 * The keys of gRPC and HTTP clients, with the names and defaults of the Collector's configgrpc and
 * confighttp. Keys that only tune Go's transport are accepted, so that a config of the Collector
 * runs, and say so.
 */

const NO_EFFECT = 'Accepted for configs of the Collector; Node sizes its buffers itself.'

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i

/** What the protocol itself sets. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'grpc-encoding',
  'grpc-timeout',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
])

const headers = z
  .record(
    z
      .string()
      .regex(HEADER_NAME, 'is not a header name')
      .refine(name => !OWN_HEADERS.has(name.toLowerCase()), 'is set by the protocol itself'),
    secret('A header value.').regex(/^[^\r\n\0]*$/, 'must be one line'),
  )
  .default({})
  .meta({ description: 'Sent with every request. Values are secrets: they are never shown.' })

const compression = z
  .enum(['none', 'gzip', 'deflate', 'zstd', ''])
  .default('gzip')
  .transform((name): Compression => (name === '' ? 'none' : name))
  .refine(canCompress, 'zstd needs Node 22.15 or newer: use gzip, or a newer Node')
  .meta({
    description: 'none is far cheaper where the network is: gzip costs more CPU than the rest.',
    default: 'gzip',
  })

const compressionParams = z
  .strictObject({
    level: z.number().int().min(1).max(9).default(1).meta({
      description: 'From 1, fast, to 9, small. The Collector has 6: three times the CPU for 15 %.',
    }),
  })
  .prefault({})
  .meta({ description: 'How hard to compress.' })

const keepalive = z
  .strictObject({
    time: duration('Ask a silent server for a sign of life after this; 0 = never.', '10s'),
    timeout: duration('How long it has to answer before the connection is given up.', '10s'),
    permit_without_stream: z.boolean().default(false).meta({
      description: 'Ask even while no call is under way; many servers mind.',
    }),
  })
  .prefault({})
  .meta({ description: 'HTTP/2 pings that find dead connections.' })

const tls = tlsClientConfig.prefault({}).meta({ description: 'TLS; on unless insecure is set.' })

/** The keys of a gRPC client, to be spread into a component's config. */
export const grpcClientFields = {
  endpoint: z.string().superRefine(mustParse(parseGrpcTarget)).meta({
    description:
      'host:port, dns:///host:port or unix:path. https:// forces TLS, http:// forbids it.',
  }),
  compression,
  compression_params: compressionParams,
  tls,
  keepalive,
  headers,
  auth: authField,
  authority: z.string().optional().meta({ description: 'Overrides the :authority header.' }),
  balancer_name: z.enum(['round_robin', 'pick_first']).default('round_robin').meta({
    description: 'How calls are spread over the addresses that the host name has.',
  }),
  wait_for_ready: z.boolean().default(false).meta({
    description: 'Wait for a connection until the timeout instead of failing at once.',
  }),
  max_request_size: byteSize('A larger request is given up: no OTLP server takes it.', '64MiB'),
  read_buffer_size: byteSize(NO_EFFECT, 0),
  write_buffer_size: byteSize(NO_EFFECT, '512KiB'),
} as const

/** The keys of an HTTP client, to be spread into a component's config. */
export const httpClientFields = {
  compression,
  compression_params: compressionParams,
  tls,
  headers,
  auth: authField,
  proxy_url: z.url().optional().meta({
    description: 'HTTP proxy; absent = HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment.',
    secret: true,
  }),
  max_idle_conns: z.number().int().min(0).default(100).meta({ description: NO_EFFECT }),
  max_idle_conns_per_host: z.number().int().min(0).default(0).meta({ description: NO_EFFECT }),
  max_conns_per_host: z.number().int().min(0).default(0).meta({
    description: 'Most connections at a time; 0 = 128. The Collector has no bound.',
  }),
  idle_conn_timeout: duration('An idle connection is closed after this.', '90s'),
  disable_keep_alives: z.boolean().default(false).meta({
    description: 'A new connection for every request.',
  }),
  max_request_size: byteSize('A larger request is given up: no OTLP server takes it.', '64MiB'),
  read_buffer_size: byteSize(NO_EFFECT, 0),
  write_buffer_size: byteSize(NO_EFFECT, '512KiB'),
} as const

const grpcClient = z.strictObject(grpcClientFields)
const httpClient = z.strictObject(httpClientFields)

export type GrpcClientConfig = z.output<typeof grpcClient>
export type HttpClientConfig = z.output<typeof httpClient>
