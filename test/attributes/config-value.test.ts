import test from 'ava'
import { configToAnyValue } from '../../src/attributes/config-value.ts'

test('whole numbers become int, others double, maps and lists all the way down', t => {
  t.is(configToAnyValue('x'), 'x')
  t.is(configToAnyValue(3), 3n)
  t.is(configToAnyValue(9007199254740993n), 9007199254740993n)
  t.is(configToAnyValue(0.5), 0.5)
  t.is(configToAnyValue(1e300), 1e300)
  t.is(configToAnyValue(null), undefined)
  t.deepEqual(configToAnyValue({ a: [1, true] }), new Map([['a', [1n, true]]]))
})
