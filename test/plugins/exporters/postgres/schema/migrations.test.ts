import test from 'ava'
import {
  checksumOf,
  ddlText,
  MIGRATIONS,
} from '../../../../../plugins/exporters/postgres/schema/migrations.ts'

test('numbers grow, and released steps are what they were', t => {
  t.deepEqual(
    MIGRATIONS.map(step => [step.version, step.name, checksumOf(step)]),
    [
      [1, 'create_tables', '86d1b20e25021fae'],
      [2, 'index_attributes', 'e5822db0b511a642'],
      [3, 'index_body', 'ca3a2c16eb880c58'],
    ],
  )
})

test('the printed schema is that of the profile, and says how partitions are made', t => {
  const lean = ddlText({ schema: 'logs', table: 'l', indexProfile: 'lean' })
  t.regex(lean, /^CREATE SCHEMA IF NOT EXISTS "logs";/)
  t.regex(lean, /PARTITION BY RANGE \(timestamp\)/)
  t.regex(lean, /"l_ledger"/)
  t.regex(lean, /PARTITION OF "logs"."l" DEFAULT/)
  t.notRegex(lean, /gin/)
  const full = ddlText({ schema: 'public', table: 'l', indexProfile: 'full_text' })
  t.notRegex(full, /CREATE SCHEMA/)
  t.regex(full, /gin \(log_attributes jsonb_path_ops\)[^]*gin \(to_tsvector/)
})
