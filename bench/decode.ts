import { fromBinary } from '@bufbuild/protobuf'
import { encodeBlock } from '../plugins/exporters/clickhouse/native/encode-block.ts'
import { nothingAltered } from '../plugins/exporters/postgres/copy/altered.ts'
import { ChunkPool } from '../plugins/exporters/postgres/copy/chunk-pool.ts'
import { RowEncoder } from '../plugins/exporters/postgres/copy/encode-rows.ts'
import type { LogBatch } from '../src/batch/log-batch.ts'
import { ExportLogsServiceRequestSchema } from '../src/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.ts'
import { decodeLogs } from '../src/otlp/decode-logs.ts'
import { decodeLogsParts } from '../src/otlp/decode-logs-parts.ts'
import { encodeLogs } from '../src/otlp/encode-logs.ts'
import { CORPUS, corpus } from './corpus.ts'

/** One thing to time: `run` handles `records` records each time it is called. */
export interface Case {
  readonly name: string
  readonly records: number
  readonly run: () => unknown
  /** At most this share of the first case's time is what the project has promised. */
  readonly goal?: number
}

const body = corpus(CORPUS.logs1000)
const context = { requestId: 'bench' }
const scratch = { block: Buffer.allocUnsafeSlow(2 ** 21), values: Buffer.allocUnsafeSlow(2 ** 20) }
const pool = new ChunkPool()
const decoded = decodeLogs(body, context).batch
/** As Kafka gives them: each has memory of its own, and all together do not fit into a cache. */
const bodies = Array.from({ length: 8 }, () => Buffer.from(body))

/** The first case is the yardstick of the others. */
export const decodeCases: readonly Case[] = [
  {
    name: 'decode: @bufbuild/protobuf, an object a record',
    records: 1000,
    run: () => fromBinary(ExportLogsServiceRequestSchema, body),
  },
  {
    name: 'decode: columns over the bytes',
    records: 1000,
    goal: 1 / 20,
    run: () => decodeLogs(body, context),
  },
  {
    name: 'decode + encode as a ClickHouse Native block',
    records: 1000,
    goal: 1 / 6,
    run: () => encodeBlock(decodeLogs(body, context).batch, { fallbackNanos: 0n, scratch }),
  },
  {
    name: 'decode + encode of eight messages as one batch',
    records: 8000,
    run: () => encodeBlock(decodeLogsParts(bodies, context).batch, { fallbackNanos: 0n, scratch }),
  },
  {
    name: 'decode + encode as rows of a PostgreSQL COPY',
    records: 1000,
    run: () => encodeRows(decodeLogs(body, context).batch),
  },
  {
    name: 'decode + keep WARN and above + encode as OTLP',
    records: 1000,
    run: () =>
      encodeLogs(decodeLogs(body, context).batch.filter(row => row.severityNumber() >= 13)),
  },
  {
    name: 'encode an untouched batch as OTLP',
    records: 1000,
    run: () => encodeLogs(decoded),
  },
]

function encodeRows(batch: LogBatch): void {
  const encoder = new RowEncoder(batch, { fallbackNanos: 0n, pool, altered: nothingAltered() })
  const pass = encoder.encode(0, batch.count)
  for (const _chunk of pass.chunks);
  pass.done()
}
