import test from 'ava'
import { clickHouseConfig } from '../../../../../plugins/exporters/clickhouse/config.ts'
import { parseEndpoint } from '../../../../../plugins/exporters/clickhouse/endpoint.ts'
import {
  isReplicated,
  onCluster,
  qualifiedTable,
  schemaOptions,
} from '../../../../../plugins/exporters/clickhouse/schema/schema-options.ts'
import { PLAIN_SCHEMA } from '../../../../helpers/schema-options.ts'

test('the options are the config, in the units of SQL', t => {
  const endpoint = 'chdb:///data/store'
  const config = clickHouseConfig.parse({ endpoint, ttl: '1h', cluster_name: 'c', dedup_window: 5 })
  t.deepEqual(schemaOptions(config, parseEndpoint(endpoint), 'logs', { major: 25, minor: 3 }), {
    ...PLAIN_SCHEMA,
    database: 'logs',
    clusterName: 'c',
    ttlSeconds: 3600,
    dedupWindow: 5,
    isEmbedded: true,
    version: { major: 25, minor: 3 },
  })
})

test('tables are named with their database, statements with their cluster', t => {
  t.is(qualifiedTable(PLAIN_SCHEMA), '`default`.`otel_logs`')
  t.is(qualifiedTable(PLAIN_SCHEMA, 'x'), '`default`.`x`')
  t.is(onCluster(PLAIN_SCHEMA), '')
  t.is(onCluster({ ...PLAIN_SCHEMA, clusterName: '{cluster}' }), ' ON CLUSTER `{cluster}`')
})

test('replicated and shared engines are told apart from plain ones', t => {
  t.false(isReplicated(PLAIN_SCHEMA))
  t.true(isReplicated({ ...PLAIN_SCHEMA, engine: 'ReplicatedMergeTree' }))
  t.true(isReplicated({ ...PLAIN_SCHEMA, engine: 'SharedMergeTree' }))
})
