import test from 'ava'
import {
  severityText,
  timeText,
  typedText,
} from '../../../../plugins/exporters/debug/value-text.ts'

test('times are printed as Go prints them', t => {
  t.is(timeText(0n), '1970-01-01 00:00:00 +0000 UTC')
  t.is(timeText(1581452773000000789n), '2020-02-11 20:26:13.000000789 +0000 UTC')
  t.is(timeText(1581452773120000000n), '2020-02-11 20:26:13.12 +0000 UTC')
  t.is(timeText(2n ** 64n - 1n), '2554-07-21 23:34:33.709551615 +0000 UTC')
})

test('severity numbers have the names of the data model', t => {
  const numbers = [0, 1, 4, 9, 14, 24, 25, -1]
  const texts = ['Unspecified(0)', 'Trace(1)', 'Trace4(4)', 'Info(9)', 'Warn2(14)', 'Fatal4(24)']
  t.deepEqual(numbers.map(severityText), [...texts, '(25)', '(-1)'])
})

test('values are shown with their type', t => {
  const values = [undefined, 'a', true, 1n, 1.5, [1n], new Map([['k', 'v']]), Buffer.from('hi')]
  t.deepEqual(values.map(typedText), [
    'Empty()',
    'Str(a)',
    'Bool(true)',
    'Int(1)',
    'Double(1.5)',
    'Slice([1])',
    'Map({"k":"v"})',
    'Bytes(aGk=)',
  ])
})
