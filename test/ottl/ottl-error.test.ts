import test from 'ava'
import { OttlError } from '../../src/ottl/ottl-error.ts'

test('people count from 1', t => {
  t.is(new OttlError(0, 'wrong').message, 'at character 1: wrong')
})
