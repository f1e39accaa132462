import test from 'ava'
import {
  createLogsTable,
  fullTextStatements,
  ttlExpression,
} from '../../../../../plugins/exporters/clickhouse/schema/logs-table.ts'
import type { SchemaOptions } from '../../../../../plugins/exporters/clickhouse/schema/schema-options.ts'
import { PLAIN_SCHEMA } from '../../../../helpers/schema-options.ts'

const contains = test.macro<[options: Partial<SchemaOptions>, ...expected: RegExp[]]>(
  (t, options, ...expected) => {
    const sql = createLogsTable({ ...PLAIN_SCHEMA, ...options })
    for (const pattern of expected) t.regex(sql, pattern)
  },
)

test(
  'a plain table remembers its inserts and drops whole parts',
  contains,
  {},
  /ENGINE = MergeTree\(\)/,
  /ttl_only_drop_parts=1/,
  / non_replicated_deduplication_window=10000/,
)
test(
  'a replicated table remembers them for a week',
  contains,
  { engine: 'ReplicatedMergeTree', engineParams: "'/p', '{replica}'" },
  /ENGINE = ReplicatedMergeTree\('\/p', '{replica}'\)/,
  / replicated_deduplication_window=10000, replicated_deduplication_window_seconds=604800/,
)
test('a ttl is in the table', contains, { ttlSeconds: 60 }, /TTL .* \+ toIntervalSecond\(60\)/)
test(
  'an embedded table is synced before the insert is answered',
  contains,
  { isEmbedded: true },
  /fsync_after_insert=1/,
  /fsync_part_directory=1/,
)
test('a cluster is named', contains, { clusterName: 'c1' }, /`otel_logs` ON CLUSTER `c1` \(/)

test('without a ttl nothing expires', t => {
  t.notRegex(createLogsTable(PLAIN_SCHEMA), /TTL/)
  t.regex(ttlExpression(5), /toIntervalSecond\(5\)$/)
})

test('servers since 26.2 get text indexes, older ones bloom filters', t => {
  const of = (major: number, minor: number): string =>
    fullTextStatements({ ...PLAIN_SCHEMA, version: { major, minor } }).join('\n')
  t.regex(of(26, 2), /lower\(Body\) TYPE text\(tokenizer = 'splitByNonAlpha'\)/)
  t.regex(of(26, 2), /LogAttributeItems TYPE text/)
  t.notRegex(of(26, 2), /bloom_filter|tokenbf/)
  t.regex(of(26, 1), /lower\(Body\) TYPE tokenbf_v1/)
  t.regex(of(25, 8), /mapValues\(LogAttributes\) TYPE bloom_filter/)
  t.notRegex(of(25, 8), /TYPE text/)
})
