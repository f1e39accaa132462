import test from 'ava'
import { postgresConfig } from '../../../../../plugins/exporters/postgres/config.ts'
import {
  ledgerName,
  lockStatement,
  qualified,
  schemaOptions,
} from '../../../../../plugins/exporters/postgres/schema/schema-options.ts'

test('options come from the config, names are quoted', t => {
  const options = schemaOptions(
    postgresConfig.parse({ endpoint: 'postgres://db', schema: 'my"logs', logs_table_name: 'l' }),
  )
  t.deepEqual(options, { schema: 'my"logs', table: 'l', indexProfile: 'lean' })
  t.is(qualified(options), '"my""logs"."l"')
  t.is(qualified(options, ledgerName(options)), '"my""logs"."l_ledger"')
})

test('each log table has a lock of its own', t => {
  const a = lockStatement({ schema: 'public', table: 'a' })
  t.not(a, lockStatement({ schema: 'public', table: 'b' }))
  t.regex(a, /pg_advisory_xact_lock\(hashtextextended\('parsec public\.a', 0\)\)/)
})
