import test from 'ava'
import { refusalError } from '../../../../plugins/exporters/postgres/verdict.ts'
import { bodiesOf, sampleLogs } from '../../../../src/testing/index.ts'

const batch = sampleLogs(['a', 'b', 'c', 'd']).with({ origin: 'q/1' })
const fault = 'SQLSTATE 22003: no'

test('the verdict names the records, each with an identity to be sent again under', t => {
  const ranges = [
    { from: 0, to: 1 },
    { from: 2, to: 4 },
  ]
  const error = refusalError(batch, { ranges, fault }, 'db')
  t.like(error, {
    retryable: false,
    reason: 'rejected',
    message: 'db: 3 of 4 records were refused, the first: SQLSTATE 22003: no',
  })
  t.is(error.rejected?.count, 3)
  const parts = error.rejected?.parts ?? []
  t.deepEqual(
    parts.map(({ records }) => bodiesOf(records)),
    [['a'], ['c', 'd']],
  )
  t.is(new Set(parts.map(({ origin }) => origin)).size, 2)
  t.true(parts.every(({ origin }) => origin.startsWith('q/1/')))
})

test('a batch that is refused whole is refused without parts', t => {
  const error = refusalError(batch, { ranges: [{ from: 0, to: 4 }], fault }, 'db')
  t.is(error.rejected, undefined)
  t.is(error.message, 'db: SQLSTATE 22003: no')
})
