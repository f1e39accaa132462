import test from 'ava'
import { identityOf } from '../../src/batch/identity.ts'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { encodeLogs } from '../../src/otlp/encode-logs.ts'
import { sampleLogs } from '../../src/testing/index.ts'

const batch = sampleLogs(['a', 'b', 'c']).with({ origin: 'q/1' })
const only = (...rows: readonly number[]) => batch.filter(row => rows.includes(row.row))

test('a whole batch is named by its origin', t => {
  t.is(identityOf(batch), 'q/1')
})

test('the same rows have the same identity, others another', t => {
  const views = [only(0), only(1), only(0, 1), only(0).with({ origin: 'q/2' }), batch]
  t.is(new Set(views.map(identityOf)).size, views.length)
  t.is(identityOf(only(0, 1)), identityOf(only(0, 1)))
  t.true(identityOf(only(0)).startsWith('q/1/'))
})

test('records read again from their own bytes keep the identity they are given', t => {
  const view = only(1, 2)
  const again = decodeLogs(encodeLogs(view), view.context).batch
  t.is(identityOf(again.with({ origin: identityOf(view) })), identityOf(view))
})

test('a batch without an origin has another identity each time', t => {
  const nameless = sampleLogs(['a'])
  t.not(identityOf(nameless), identityOf(nameless))
})
