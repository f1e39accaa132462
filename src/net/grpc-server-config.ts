import { z } from 'zod'
import { byteSize, duration, optionalDuration } from '../config/fields.ts'
import { middlewaresField } from './http-server-config.ts'
import { authField } from './server-auth.ts'
import { tlsServerConfig } from './tls-config.ts'

/*
 * The keys of a gRPC server, with the names of the Collector's configgrpc. The largest message is
 * 64 MiB, as OTLP 1.11 recommends, not grpc-go's 4.
 */

const serverParameters = z.strictObject({
  max_connection_idle: duration('Close a connection without calls after this; 0 = never.', '0s'),
  max_connection_age: optionalDuration(
    'Close a connection after this, plus or minus a tenth, so that clients spread again; 0 = never. Absent: 5m with several workers, else never.',
  ),
  max_connection_age_grace: duration('Time for calls in progress after that; 0 = no bound.', '0s'),
  time: duration('Ping a silent client this often.', '2h'),
  timeout: duration('Close when the ping is not answered in this time.', '20s'),
})

const enforcementPolicy = z.strictObject({
  min_time: duration('Accepted for the Collector; pings are cheap and not counted here.', '5m'),
  permit_without_stream: z.boolean().default(false).meta({
    description: 'Accepted for the Collector; pings without calls are always permitted here.',
  }),
})

const keepaliveConfig = z.strictObject({
  server_parameters: serverParameters.prefault({}).meta({ description: 'Life of a connection.' }),
  enforcement_policy: enforcementPolicy.prefault({}).meta({ description: 'Pings of clients.' }),
})

// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the schema is the type
export const grpcServerFields = (endpoint: string) => ({
  endpoint: z.string().default(endpoint).meta({
    description: 'host:port to listen on; unix:///path for a socket. :port means every address.',
  }),
  transport: z.enum(['tcp', 'tcp4', 'tcp6', 'unix']).default('tcp').meta({
    description: 'unix: endpoint is the path of a socket.',
  }),
  tls: tlsServerConfig.optional().meta({ description: 'TLS; absent = plain text.' }),
  auth: authField,
  middlewares: middlewaresField,
  max_recv_msg_size_mib: z.number().int().min(1).max(1024).default(64).meta({
    description: 'Largest message, before and after decompression, in MiB.',
  }),
  max_in_flight_size: byteSize(
    'Most bytes of messages in progress, over all connections; beyond it the answer is RESOURCE_EXHAUSTED with RetryInfo.',
    '256MiB',
  ),
  max_concurrent_streams: z.number().int().min(1).default(100).meta({
    description: 'Most calls at once on one connection.',
  }),
  max_requests_per_client: z.number().int().nonnegative().default(0).meta({
    description:
      'Most requests in progress of one client, by its address; 0 = no bound. Behind a proxy all have one address.',
  }),
  max_connections: z.number().int().nonnegative().default(0).meta({
    description: 'Most connections at once; 0 = no bound.',
  }),
  read_buffer_size: byteSize('Accepted for the Collector; Node chooses its own.', '512KiB'),
  write_buffer_size: byteSize('Accepted for the Collector; Node chooses its own.', '32KiB'),
  keepalive: keepaliveConfig.prefault({}).meta({ description: 'Keepalive and connection age.' }),
  include_metadata: z.boolean().default(false).meta({
    description: 'Keep the call metadata with the batch, for processors and exporters.',
  }),
})

/** Clients keep a connection for ever, and so stay with the worker that took it. */
const WORKER_CONNECTION_AGE_MS = 5 * 60_000

/** The config of a server that shares its port with other worker processes. */
export function withConnectionAge(config: GrpcServerConfig): GrpcServerConfig {
  const { server_parameters: server } = config.keepalive
  const { max_connection_age = WORKER_CONNECTION_AGE_MS } = server
  const keepalive = { ...config.keepalive, server_parameters: { ...server, max_connection_age } }
  return { ...config, keepalive }
}

export type GrpcServerConfig = z.output<z.ZodObject<ReturnType<typeof grpcServerFields>>>
