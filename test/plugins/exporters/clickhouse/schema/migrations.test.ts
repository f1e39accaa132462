import test from 'ava'
import {
  checksumOf,
  ddlText,
  MIGRATIONS,
  preludeStatements,
} from '../../../../../plugins/exporters/clickhouse/schema/migrations.ts'
import { PLAIN_SCHEMA } from '../../../../helpers/schema-options.ts'

/** A change here breaks every store that has applied the step: add a new step instead. */
const RELEASED = [
  [1, 'create_logs_table', '61a67e7944824490'],
  [2, 'add_full_text_indexes', 'd772e2ef6bddfca4'],
]

test('released steps never change', t => {
  const steps = MIGRATIONS.map(step => [step.version, step.name, checksumOf(step)])
  t.deepEqual(steps, RELEASED)
})

test('every statement is safe to repeat', t => {
  const options = { ...PLAIN_SCHEMA, database: 'logs', indexProfile: 'full_text' } as const
  const statements = [
    ...preludeStatements(options),
    ...MIGRATIONS.flatMap(step => step.statements(options)),
  ]
  for (const sql of statements) t.regex(sql, /IF NOT EXISTS/)
})

test('the printed statements are those that the profile needs', t => {
  const lean = ddlText({ ...PLAIN_SCHEMA, database: 'logs' })
  t.regex(lean, /^CREATE DATABASE IF NOT EXISTS `logs`;/)
  t.regex(lean, /CREATE TABLE IF NOT EXISTS `logs`.`otel_logs`/)
  t.notRegex(lean, /ADD INDEX|parsec_migrations/)
  const full = ddlText({ ...PLAIN_SCHEMA, indexProfile: 'full_text' })
  t.regex(full, /^-- 1 create_logs_table\n/)
  t.regex(full, /ADD INDEX IF NOT EXISTS idx_lower_body/)
})
