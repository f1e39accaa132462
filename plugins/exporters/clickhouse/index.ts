import { definePlugin } from '#core'
import { clickHouseConfig } from './config.ts'
import { createClickHouseExporter, printDdl } from './from-config.ts'
import { queryStore } from './query-store.ts'

export const clickHouseExporter = definePlugin({
  kind: 'exporter',
  type: 'clickhouse',
  stability: 'beta',
  summary: 'Stores logs in ClickHouse: a server over HTTP, or an embedded engine on disk.',
  config: clickHouseConfig,
  create: createClickHouseExporter,
  ddl: printDdl,
  query: queryStore,
})
