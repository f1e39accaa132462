import test from 'ava'
import type { Migration } from '#core'
import { checksumOf } from '../../../../../plugins/exporters/clickhouse/schema/migrations.ts'
import { runMigrations } from '../../../../../plugins/exporters/clickhouse/schema/run-migrations.ts'
import type { SchemaOptions } from '../../../../../plugins/exporters/clickhouse/schema/schema-options.ts'
import { SchemaError } from '../../../../../src/plugin/readiness.ts'
import { FakeTransport } from '../../../../helpers/fake-transport.ts'
import { PLAIN_SCHEMA } from '../../../../helpers/schema-options.ts'

const signal = new AbortController().signal
const step = (version: number, isWanted = true): Migration<SchemaOptions> => ({
  version,
  name: `step_${version}`,
  isWanted: () => isWanted,
  statements: () => [`DO ${version}a`, `DO ${version}b`],
})

function ledgerOf(...steps: readonly Migration<SchemaOptions>[]): FakeTransport {
  const transport = new FakeTransport()
  const rows = steps.map(each => ({
    version: each.version,
    name: each.name,
    checksum: checksumOf(each),
  }))
  transport.answers.set('parsec_migrations', rows)
  return transport
}

test('the steps that are missing are applied in order, and written down one by one', async t => {
  const transport = ledgerOf(step(1))
  const steps = [step(1), step(2), step(3, false), step(4)]
  t.deepEqual(await runMigrations(transport, PLAIN_SCHEMA, signal, steps), ['step_2', 'step_4'])
  const done = transport.commands.filter(sql => !sql.startsWith('CREATE'))
  t.deepEqual(
    done.map(sql => sql.slice(0, 5)),
    ['DO 2a', 'DO 2b', 'INSER', 'DO 4a', 'DO 4b', 'INSER'],
  )
  t.regex(done[2]!, /'otel_logs', 2, 'step_2', '[0-9a-f]{16}'/)
})

test('a step that was changed after it was applied is an error, and nothing is done', async t => {
  const transport = ledgerOf(step(1))
  const changed = { ...step(1), statements: () => ['DO something else'] }
  await t.throwsAsync(runMigrations(transport, PLAIN_SCHEMA, signal, [changed, step(2)]), {
    instanceOf: SchemaError,
    message: /step 1 \(step_1\) of default.otel_logs was applied with checksum/,
  })
  t.false(transport.commands.some(sql => sql.startsWith('DO')))
})

test('a store of a newer version is not touched', async t => {
  const transport = ledgerOf(step(1), step(2))
  await t.throwsAsync(runMigrations(transport, PLAIN_SCHEMA, signal, [step(1)]), {
    instanceOf: SchemaError,
    message: /newer version of Parsec/,
  })
})
