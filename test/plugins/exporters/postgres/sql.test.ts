import test from 'ava'
import { quoteName, quoteText } from '../../../../plugins/exporters/postgres/sql.ts'

test('names and texts are quoted, whatever they hold', t => {
  t.is(quoteName('otel_logs'), '"otel_logs"')
  t.is(quoteName('a"; DROP TABLE b'), '"a""; DROP TABLE b"')
  t.is(quoteText("it's"), "'it''s'")
  t.is(quoteText("\\' OR 1"), "E'\\\\'' OR 1'")
})
