import { definePlugin } from '#core'
import { postgresConfig } from './config.ts'
import { createPostgresExporter, printDdl } from './from-config.ts'
import { queryStore } from './query/query-store.ts'

export const postgresExporter = definePlugin({
  kind: 'exporter',
  type: 'postgres',
  stability: 'beta',
  summary: 'Stores logs in PostgreSQL, in a table of daily partitions, exactly once.',
  config: postgresConfig,
  create: createPostgresExporter,
  ddl: printDdl,
  query: queryStore,
})
