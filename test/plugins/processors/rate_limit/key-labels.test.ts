import test from 'ava'
import { KeyLabels } from '../../../../plugins/processors/rate_limit/key-labels.ts'

test('the first values have labels of their own, for good', t => {
  const labels = new KeyLabels(2)
  t.deepEqual(
    ['a', 'b', 'c', 'a', 'd'].map(key => labels.of(key)),
    ['a', 'b', 'other', 'a', 'other'],
  )
})

test('a long value is cut', t => {
  t.is(new KeyLabels(1).of('x'.repeat(100)), `${'x'.repeat(64)}...`)
})

test('without any all are other', t => t.is(new KeyLabels(0).of('a'), 'other'))
