import { definePlugin } from '#core'
import { clickHouseConfig } from './config.ts'
import { parseEndpoint } from './endpoint.ts'
import { createClickHouseExporter, printDdl } from './from-config.ts'
import { queryStore } from './query-store.ts'

export const clickHouseExporter = definePlugin({
  kind: 'exporter',
  type: 'clickhouse',
  stability: 'beta',
  summary: 'Stores logs in ClickHouse: a server over HTTP, or an embedded engine on disk.',
  config: clickHouseConfig,
  oneProcess: ({ endpoint }) =>
    parseEndpoint(endpoint).kind === 'chdb'
      ? 'stores in an embedded engine, which opens its directory for one process only'
      : undefined,
  create: createClickHouseExporter,
  ddl: printDdl,
  query: queryStore,
})
