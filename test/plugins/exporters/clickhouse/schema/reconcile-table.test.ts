import test from 'ava'
import { tableChanges } from '../../../../../plugins/exporters/clickhouse/schema/reconcile-table.ts'
import { FakeTransport } from '../../../../helpers/fake-transport.ts'
import { PLAIN_SCHEMA } from '../../../../helpers/schema-options.ts'

const changes = test.macro<
  [engine: string, full: string, ttlSeconds: number, expected: readonly RegExp[]]
>(async (t, engine, full, ttlSeconds, expected) => {
  const transport = new FakeTransport()
  transport.answers.set('system.tables', [{ engine, engine_full: full }])
  const signal = new AbortController().signal
  const found = await tableChanges(transport, { ...PLAIN_SCHEMA, ttlSeconds }, signal)
  t.is(found.length, expected.length, found.join('\n'))
  for (const [i, pattern] of expected.entries()) t.regex(found[i]!, pattern)
})

const WINDOW = 'SETTINGS non_replicated_deduplication_window = 10000'
const TTL = `TTL x + toIntervalSecond(600) ${WINDOW}`

test('a table as the config wants it', changes, 'MergeTree', TTL, 600, [])
test('another ttl', changes, 'MergeTree', TTL, 60, [
  /MODIFY TTL .*toIntervalSecond\(60\) SETTINGS materialize_ttl_after_modify=0/,
])
test('a ttl of 0 leaves an existing one', changes, 'MergeTree', TTL, 0, [])
test('a table that remembers no inserts', changes, 'MergeTree', 'SETTINGS x = 8192', 0, [
  /MODIFY SETTING non_replicated_deduplication_window = 10000$/,
])
test('another window', changes, 'MergeTree', `${WINDOW}0`, 0, [/MODIFY SETTING/])
test('a replicated table', changes, 'ReplicatedMergeTree', '', 0, [
  /replicated_deduplication_window = 10000, replicated_deduplication_window_seconds/,
])
test('a table without data of its own', changes, 'Distributed', '', 60, [])
