import test from 'ava'
import { shownValue } from '../../../../plugins/receivers/ingest/field-error.ts'

for (const [text, shown] of [
  ['"text"', 'text'],
  ['12', 12],
  ['true', true],
  ['null', null],
  ['{"a":1}', '{"a":1}'],
  ['[1]', '[1]'],
  ['9007199254740993', '9007199254740993'],
  ['1e400', '1e400'],
  ['1.50', '1.50'],
  [`"${'x'.repeat(200)}"`, `"${'x'.repeat(99)}...`],
  ['"bad \ufffd', '"bad \ufffd'],
] as const) {
  test(`${text.slice(0, 30)} is shown as ${JSON.stringify(shown).slice(0, 30)}`, t => {
    t.is(shownValue(text), shown)
  })
}
