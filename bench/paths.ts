/*
 * The paths that are measured end to end: each is one config and the sink it sends to. The same
 * YAML runs in the Collector, whose gRPC exporter and ClickHouse exporter have the same keys.
 */

/** How the load comes in: OTLP, or plain JSON at the ingest receiver. */
export type Protocol = 'grpc' | 'http' | 'ingest'

export interface BenchPath {
  readonly name: string
  readonly protocol: Protocol
  readonly exporter: 'nop' | 'otlp' | 'otlp_http' | 'clickhouse'
  /** A queue before the exporter; such a path gets 32 requests of 190 records (100 KB) at once. */
  readonly queue?: 'memory' | 'disk'
  /** The least records per CPU-second the project has promised, if any. */
  readonly goal?: number
}

export const PORTS = {
  grpc: 14317,
  http: 14318,
  ingest: 14080,
  otlp: 14417,
  otlpHttp: 14418,
  clickhouse: 14419,
}

export const PATHS: readonly BenchPath[] = [
  { name: 'http -> nop', protocol: 'http', exporter: 'nop' },
  { name: 'grpc -> nop', protocol: 'grpc', exporter: 'nop' },
  { name: 'ingest -> nop', protocol: 'ingest', exporter: 'nop', goal: 60_000 },
  { name: 'http -> otlp', protocol: 'http', exporter: 'otlp', goal: 300_000 },
  { name: 'http -> otlp_http', protocol: 'http', exporter: 'otlp_http', goal: 300_000 },
  { name: 'grpc -> otlp', protocol: 'grpc', exporter: 'otlp', goal: 220_000 },
  { name: 'grpc -> memory queue -> otlp', protocol: 'grpc', exporter: 'otlp', queue: 'memory' },
  { name: 'grpc -> disk queue -> otlp', protocol: 'grpc', exporter: 'otlp', queue: 'disk' },
  { name: 'http -> clickhouse', protocol: 'http', exporter: 'clickhouse', goal: 250_000 },
  { name: 'grpc -> clickhouse', protocol: 'grpc', exporter: 'clickhouse', goal: 180_000 },
]

const EXPORTERS: Readonly<Record<BenchPath['exporter'], string>> = {
  nop: '',
  otlp: `endpoint: "127.0.0.1:${PORTS.otlp}", tls: { insecure: true }, compression: none`,
  otlp_http: `endpoint: "http://127.0.0.1:${PORTS.otlpHttp}", compression: none`,
  clickhouse: `endpoint: "http://127.0.0.1:${PORTS.clickhouse}", create_schema: false, async_insert: false, compress: none`,
}

const QUEUE =
  'sizer: bytes, queue_size: 134217728, block_on_overflow: true, batch: { flush_timeout: 200ms, min_size: 8192, sizer: items }'

function exporterConfig({ exporter, queue }: BenchPath): string {
  if (exporter === 'nop') return '{}'
  const keys = { memory: QUEUE, disk: `${QUEUE}, storage: file_storage`, none: 'enabled: false' }
  return `{ ${EXPORTERS[exporter]}, sending_queue: { ${keys[queue ?? 'none']} } }`
}

const RECEIVERS = {
  ingest: `  ingest: { endpoint: "127.0.0.1:${PORTS.ingest}" }
`,
  otlp: `  otlp:
    protocols:
      grpc: { endpoint: "127.0.0.1:${PORTS.grpc}", max_recv_msg_size_mib: 64 }
      http: { endpoint: "127.0.0.1:${PORTS.http}", max_request_body_size: 67108864 }
`,
}

/** The config of one path, for Parsec and, unless it is ingest, for the Collector alike. */
export function pathConfig(path: BenchPath, folder: string): string {
  const receiver = path.protocol === 'ingest' ? 'ingest' : 'otlp'
  const storage = `extensions: { file_storage: { directory: "${folder}/queue", create_directory: true, fsync: true } }\n`
  const extensions = path.queue === 'disk' ? storage : ''
  return `receivers:
${RECEIVERS[receiver]}exporters:
  ${path.exporter}: ${exporterConfig(path)}
${extensions}service:
  extensions: [${path.queue === 'disk' ? 'file_storage' : ''}]
  telemetry: { metrics: { level: none }, logs: { level: warn } }
  pipelines: { logs: { receivers: [${receiver}], exporters: [${path.exporter}] } }
`
}
