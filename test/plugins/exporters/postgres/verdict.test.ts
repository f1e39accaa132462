import test from 'ava'
import { refusalError } from '../../../../plugins/exporters/postgres/verdict.ts'
import { sampleLogs } from '../../../../src/testing/index.ts'

test('the verdict says how many, where and why', t => {
  const refusal = {
    ranges: [
      { from: 0, to: 1 },
      { from: 2, to: 4 },
    ],
    fault: 'SQLSTATE 22003: no',
  }
  const error = refusalError(sampleLogs(['a', 'b', 'c', 'd']), 'id', refusal, 'db')
  t.like(error, {
    retryable: false,
    reason: 'rejected',
    message: 'db: 3 of 4 records were refused: SQLSTATE 22003: no',
  })
})
