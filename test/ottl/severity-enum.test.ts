import test from 'ava'
import { SEVERITY_ENUM } from '../../src/ottl/severity-enum.ts'

test('the names of OTLP', t => {
  t.is(SEVERITY_ENUM.size, 25)
  t.is(SEVERITY_ENUM.get('SEVERITY_NUMBER_UNSPECIFIED'), 0n)
  t.is(SEVERITY_ENUM.get('SEVERITY_NUMBER_TRACE'), 1n)
  t.is(SEVERITY_ENUM.get('SEVERITY_NUMBER_ERROR'), 17n)
  t.is(SEVERITY_ENUM.get('SEVERITY_NUMBER_FATAL4'), 24n)
})
