import test from 'ava'
import pg from 'pg'
import {
  classifyError,
  describeFault,
  isRecordFault,
  isSchemaMissing,
} from '../../../../plugins/exporters/postgres/errors.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'

function serverError(code: string, fields: Partial<pg.DatabaseError> = {}): pg.DatabaseError {
  const error = new pg.DatabaseError('no luck', 1, 'error')
  return Object.assign(error, { code, detail: 'Failing row contains (hunter2)', ...fields })
}

const means = test.macro({
  exec(t, code: string, retryable: boolean, reason: string) {
    const error = classifyError(serverError(code, { constraint: 'c' }), 'db')
    t.like(error, { retryable, reason })
    t.is(error.message, `db: SQLSTATE ${code}: no luck`)
  },
  title: (_provided: string | undefined, code: string, _retryable: boolean, reason: string) =>
    `${code} is ${reason}`,
})

test(means, '08006', true, 'server_unavailable')
test(means, '22003', false, 'rejected')
test(means, '22021', false, 'rejected')
test(means, '22P02', false, 'rejected')
test(means, '22P05', false, 'rejected')
test(means, '22P03', true, 'schema_missing')
test(means, '22P04', true, 'schema_missing')
test(means, '23502', false, 'rejected')
test(means, '23505', false, 'rejected')
test(means, '23514', false, 'rejected')
test(means, '25006', true, 'server_unavailable')
test(means, '28P01', true, 'access_denied')
test(means, '3D000', true, 'schema_missing')
test(means, '40001', true, 'server_busy')
test(means, '40P01', true, 'server_busy')
test(means, '42501', true, 'access_denied')
test(means, '42P01', true, 'schema_missing')
test(means, '42703', true, 'schema_missing')
test(means, '42601', true, 'server_error')
test(means, '53100', true, 'server_busy')
test(means, '53300', true, 'server_busy')
test(means, '54000', false, 'rejected')
test(means, '55P03', true, 'server_busy')
test(means, '57014', true, 'server_busy')
test(means, '57P01', true, 'server_unavailable')
test(means, '57P03', true, 'server_unavailable')
test(means, '58030', true, 'server_unavailable')
test(means, 'XX000', true, 'server_error')

test('a row that no partition takes is for the operator, not for the dead letter', t => {
  const error = classifyError(serverError('23514'), 'db')
  t.like(error, { retryable: true, reason: 'no_partition' })
})

test('trouble on the way is retryable', t => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const error = classifyError(refused, 'db')
  t.like(error, {
    retryable: true,
    reason: 'server_unavailable',
    message: `db: ${refused.message}`,
  })
  const both = new AggregateError([new Error('::1'), new Error('127.0.0.1')])
  t.is(classifyError(both, 'db').message, 'db: ::1; 127.0.0.1')
  t.is(classifyError('odd', 'db').message, 'db: odd')
})

test('a server without TLS says how to go without', t => {
  const error = classifyError(new Error('The server does not support SSL connections'), 'db')
  t.regex(error.message, /sslmode=disable/)
})

test('a verdict that exists already is kept', t => {
  const verdict = PipelineError.permanent('no')
  t.is(classifyError(verdict, 'db'), verdict)
})

test('what a record holds is told from everything else', t => {
  t.true(isRecordFault(serverError('22P02')))
  t.false(isRecordFault(serverError('53100')))
  t.false(isRecordFault(new Error('22P02')))
  t.true(isSchemaMissing(classifyError(serverError('42P01'), 'db')))
  t.false(isSchemaMissing(classifyError(serverError('22P02'), 'db')))
})

test('what the server said is one line, without the record it quotes', t => {
  const error = Object.assign(serverError('22P02'), { message: `a\n  b ${'x'.repeat(1000)}` })
  const text = describeFault(error)
  t.regex(text, /^SQLSTATE 22P02: a b x+$/)
  t.true(text.length < 600)
  t.false(text.includes('hunter2'))
  t.is(describeFault(new Error('plain')), 'plain')
})
