import test from 'ava'
import { clickHouseConfig } from '../../../../plugins/exporters/clickhouse/config.ts'
import {
  createClickHouseExporter,
  openTransport,
  printDdl,
} from '../../../../plugins/exporters/clickhouse/from-config.ts'
import { clickHouseExporter } from '../../../../plugins/exporters/clickhouse/index.ts'
import { createTestContext } from '../../../../src/testing/index.ts'
import { complaintsOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'

test('the sample is a valid config', t => {
  t.like(sampleConfigs(clickHouseExporter).get('clickhouse'), { ttl: 2_592_000_000 })
})

const refused = test.macro<[yaml: string, complaint: RegExp]>((t, yaml, complaint) => {
  t.regex(complaintsOf(clickHouseExporter, yaml).join('\n'), complaint)
})

test('no endpoint', refused, '{}', /endpoint/)
test('a bad endpoint', refused, 'endpoint: localhost', /endpoint: .*write it as http/)
test('a ttl past the end of dates', refused, 'endpoint: http://a\nttl: 175201h', /ttl: .*20 years/)
test('JSON columns', refused, 'endpoint: http://a\njson: true', /json/)
test(
  'an engine that is none',
  refused,
  'endpoint: http://a\ntable_engine: {name: Log}',
  /MergeTree/,
)
test('a table name with a quote', refused, 'endpoint: http://a\nlogs_table_name: "a`b"', /letters/)

test("the keys of a Collector's config are accepted, with warnings where they mean nothing", t => {
  const config = clickHouseConfig.parse({
    endpoint: 'tcp://127.0.0.1:9000?dial_timeout=10s',
    database: 'otel',
    async_insert: true,
    ttl: '72h',
    compress: 'lz4',
    create_schema: true,
    logs_table_name: 'otel_logs',
    timeout: '5s',
    table_engine: { name: 'ReplicatedMergeTree' },
    cluster_name: 'c',
    connection_params: { max_execution_time: 60 },
    retry_on_failure: { enabled: true, initial_interval: '5s', max_interval: '30s' },
    sending_queue: { queue_size: 100, sizer: 'requests' },
  })
  const context = createTestContext('exporter', 'clickhouse')
  const exporter = createClickHouseExporter(config, context)
  t.deepEqual(exporter.endpoints?.(), ['http://127.0.0.1:8123'])
  t.is(context.lines.length, 4)
  t.true(context.lines.every(line => line['level'] === 40))
})

test('a store is opened by the kind of its endpoint', t => {
  const open = (endpoint: string): string =>
    openTransport(clickHouseConfig.parse({ endpoint }), () => {}, false).transport.endpoint
  t.is(open('https://me:secret@db:8443/x'), 'https://db:8443')
  t.is(open('chdb:///data/store'), 'chdb:///data/store')
})

test('the statements of a config can be printed without any server', t => {
  const config = clickHouseConfig.parse({
    endpoint: 'http://db/logs',
    ttl: '1h',
    cluster_name: 'c',
  })
  t.regex(printDdl(config), /CREATE DATABASE IF NOT EXISTS `logs` ON CLUSTER `c`;/)
  t.regex(printDdl(config), /TTL .*toIntervalSecond\(3600\)/)
})
