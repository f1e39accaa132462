import test from 'ava'
import { counted } from '../../src/cli/counted.ts'

test('one is one, everything else is many', t => {
  t.is(counted(1, 'letter'), '1 letter')
  t.is(counted(0, 'letter'), '0 letters')
  t.is(counted(2, 'batch'), '2 batches')
})
