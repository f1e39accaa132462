import test from 'ava'
import { KeyLabels } from '../../../../plugins/processors/rate_limit/key-labels.ts'

test('the first values have labels of their own, for good', t => {
  const labels = new KeyLabels(2, {}, 'rate_limit')
  t.deepEqual(
    ['a', 'b', 'c', 'a', 'd'].map(key => labels.of(key)),
    ['a', 'b', 'other', 'a', 'other'],
  )
})

test('after a reload the same values have them, and there is no room for more', t => {
  const metrics = {}
  const before = new KeyLabels(2, metrics, 'rate_limit')
  before.of('a')
  before.of('b')
  const after = new KeyLabels(2, metrics, 'rate_limit')
  t.deepEqual(
    ['c', 'b', 'a'].map(key => after.of(key)),
    ['other', 'b', 'a'],
  )
  t.is(new KeyLabels(2, metrics, 'rate_limit/keys').of('c'), 'c')
  t.is(new KeyLabels(2, {}, 'rate_limit').of('c'), 'c')
})

test('a long value is cut', t => {
  t.is(new KeyLabels(1, {}, 'rate_limit').of('x'.repeat(100)), `${'x'.repeat(64)}...`)
})

test('without any all are other', t => {
  t.is(new KeyLabels(0, {}, 'rate_limit').of('a'), 'other')
})
