import test from 'ava'
import {
  insertStatement,
  ledgerToken,
  readRefusal,
  refuseStatement,
  selectStatement,
} from '../../../../plugins/exporters/postgres/batch-ledger.ts'

test('a token is the same for the same identity and fits a uuid', t => {
  t.is(ledgerToken('postgres/q/1'), ledgerToken('postgres/q/1'))
  t.not(ledgerToken('postgres/q/1'), ledgerToken('postgres/q/2'))
  t.regex(ledgerToken('x'.repeat(10_000)), /^[0-9a-f]{32}$/)
})

test('a batch is inserted once', t => {
  t.is(
    insertStatement('"l"', 'ab', 3),
    `INSERT INTO "l" (token, records) VALUES ('ab', 3) ON CONFLICT (token) DO NOTHING`,
  )
})

test('what was refused is read as it was written', t => {
  const refusal = {
    ranges: [
      { from: 1, to: 2 },
      { from: 5, to: 9 },
    ],
    fault: "it's bad",
  }
  t.is(
    refuseStatement('"l"', 'ab', refusal),
    `UPDATE "l" SET rejected = '{1,2,5,9}', fault = 'it''s bad' WHERE token = 'ab'`,
  )
  t.is(selectStatement('"l"', 'ab'), `SELECT rejected, fault FROM "l" WHERE token = 'ab'`)
  t.deepEqual(readRefusal({ rejected: [1, 2, 5, 9], fault: "it's bad" }), refusal)
  t.is(readRefusal({ rejected: null, fault: null }), undefined)
  t.is(readRefusal(undefined), undefined)
})
