import test from 'ava'
import { groupingOf } from '../../../../plugins/processors/batch/metadata-key.ts'

const context = (entries: Record<string, string[]>) => ({
  requestId: 'r',
  metadata: new Map(Object.entries(entries)),
})

test('without keys everything may be joined, whatever its metadata', t => {
  t.is(groupingOf(context({ a: ['1'] }), []).key, groupingOf({ requestId: 'q' }, []).key)
})

const differ = test.macro((t, a: Record<string, string[]>, b: Record<string, string[]>) => {
  t.not(groupingOf(context(a), ['a', 'b']).key, groupingOf(context(b), ['a', 'b']).key)
})

test('another value is another group', differ, { a: ['1'] }, { a: ['2'] })
test('another header with the same value is another group', differ, { a: ['1'] }, { b: ['1'] })
test('one value with a comma is not two values', differ, { a: ['1,2'] }, { a: ['1', '2'] })

test('only the named headers that are there are kept', t => {
  const { metadata } = groupingOf(context({ a: ['1'], c: ['3'] }), ['a', 'b'])
  t.deepEqual(metadata, new Map([['a', ['1']]]))
})
