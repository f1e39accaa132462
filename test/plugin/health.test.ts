import test from 'ava'
import type { ComponentStatus } from '../../src/plugin/component.ts'
import { worstStatus } from '../../src/plugin/health.ts'

const worst = test.macro((t, statuses: ComponentStatus[], expected: ComponentStatus) => {
  t.is(worstStatus(statuses), expected)
})
test('no components are ok', worst, [], 'ok')
test('all well is ok', worst, ['ok', 'ok'], 'ok')
test(
  'an error outweighs a start',
  worst,
  ['ok', 'recoverable_error', 'starting'],
  'recoverable_error',
)
test(
  'a permanent error outweighs all',
  worst,
  ['permanent_error', 'recoverable_error'],
  'permanent_error',
)
