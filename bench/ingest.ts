import { RecordReader } from '../plugins/receivers/ingest/read-records.ts'
import { decodeLogs } from '../src/otlp/decode-logs.ts'
import type { Case } from './decode.ts'
import { plainRecords } from './plain-records.ts'

const body = plainRecords(100)
const reader = new RecordReader({
  recordsMax: 10_000,
  attributesMax: 256,
  severityNumbers: 'otel',
})
const now = { low: 0, high: 410_000_000 }

/** Plain JSON, with what no reader of it can be faster than: the engine's own parser. */
export const ingestCases: readonly Case[] = [
  {
    name: 'ingest: JSON.parse of 100 small objects, nothing else',
    records: 100,
    run: () => JSON.parse(body.toString()) as unknown,
  },
  {
    name: 'ingest: 100 small objects to columns',
    records: 100,
    run: () => decodeLogs(reader.read(body, 'json', now).otlp, { requestId: 'bench' }),
  },
]
