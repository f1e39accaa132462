import { ClickHouseError } from '@clickhouse/client'
import test from 'ava'
import {
  classifyError,
  isSchemaMissing,
  isTooManyPartitions,
} from '../../../../plugins/exporters/clickhouse/errors.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { engineError } from '../../../helpers/fake-transport.ts'

const verdict = test.macro<[code: number, retryable: boolean, reason: string, message?: string]>({
  exec(t, code, retryable, reason, message = 'No.') {
    const thrown = [
      engineError(code, message),
      new ClickHouseError({ code: String(code), type: 'X', message }),
    ]
    for (const error of thrown.map(each => classifyError(each, 'http://db, table t'))) {
      t.like(error, { retryable, reason })
      t.is(error.message, `http://db, table t: code ${code}: ${message}`)
    }
  },
  title: (given = '', code, retryable, reason) =>
    `${given} code ${code} is ${retryable ? 'retryable' : 'permanent'}: ${reason}`.trim(),
})

for (const code of [3, 107, 203, 209, 210, 236, 242, 285, 319, 425, 999]) {
  test(verdict, code, true, 'server_unavailable')
}
for (const code of [159, 201, 202, 241, 243]) test(verdict, code, true, 'server_busy')
for (const code of [164, 193, 497, 516]) test(verdict, code, true, 'access_denied')
for (const code of [16, 60, 81]) test(verdict, code, true, 'schema_missing')
for (const code of [27, 33, 53, 62, 117, 469]) test(verdict, code, false, 'rejected')
test(
  'too many parts:',
  verdict,
  252,
  true,
  'server_busy',
  'Too many parts (3000). Merges are slow.',
)
test(
  'too many partitions:',
  verdict,
  252,
  false,
  'too_many_partitions',
  'Too many partitions for single INSERT block (more than 100).',
)

test('trouble on the way to the server is retryable', t => {
  for (const message of ['ECONNRESET', 'socket hang up', 'Timeout error.']) {
    t.like(classifyError(new Error(message), 'http://db'), {
      message: `http://db: ${message}`,
      code: 'unavailable',
      retryable: true,
    })
  }
})

test('a wait that was given up is cancelled, and retryable', t => {
  const aborted = new DOMException('x', 'AbortError')
  t.like(classifyError(aborted, 'http://db'), { code: 'cancelled', retryable: true })
})

test('a verdict that exists already is kept', t => {
  const error = PipelineError.permanent('mine')
  t.is(classifyError(error, 'http://db'), error)
})

test('only the first line of an exception is shown', t => {
  t.is(classifyError(engineError(62, 'Bad.\nStack trace'), 'db').message, 'db: code 62: Bad.')
})

test('missing tables and too many partitions can be told from the rest', t => {
  const of = (code: number, text: string): PipelineError =>
    classifyError(engineError(code, text), 'db')
  t.true(isSchemaMissing(of(60, 'x')))
  t.false(isSchemaMissing(of(62, 'x')))
  t.true(isTooManyPartitions(of(252, 'Too many partitions for single INSERT block')))
  t.false(isTooManyPartitions(of(252, 'Too many parts')))
})
