import test from 'ava'
import { checkLedger } from '../../../src/testing/oracle/ledger.ts'
import type { ExporterBooks } from '../../../src/testing/oracle/service-stats.ts'

const LEDGER = {
  in: 10,
  recovered: 5,
  sent: 11,
  dead_lettered: 1,
  dropped: 2,
  returned: 1,
  queued: 0,
  difference: 0,
}
const QUEUE = { items: 0, requests: 0, bytes: 0 }

const says = test.macro((t, books: Omit<ExporterBooks, 'id'>, sentences: readonly RegExp[]) => {
  const found = checkLedger({ exporters: [{ id: 'x', ...books }], dropped: {} })
  t.is(found.length, sentences.length)
  for (const [i, sentence] of sentences.entries()) t.regex(found[i]!, sentence)
})
test('books that balance, and an empty queue', says, { ledger: LEDGER, queue: QUEUE }, [])
test('an exporter without a queue', says, { ledger: LEDGER }, [])
test('a record in no account', says, { ledger: { ...LEDGER, sent: 10 }, queue: QUEUE }, [
  /the books of x do not balance.*"sent":10/,
])
test('a record in two accounts', says, { ledger: { ...LEDGER, queued: 1 }, queue: QUEUE }, [
  /do not balance/,
])
test('a difference that Parsec itself has found', says, { ledger: { ...LEDGER, difference: 3 } }, [
  /do not balance/,
])
test(
  'an empty queue that claims to hold less than nothing',
  says,
  { ledger: LEDGER, queue: { ...QUEUE, requests: -1 } },
  [/the queue of x is empty and claims to hold 0 records, -1 requests, 0 bytes/],
)
