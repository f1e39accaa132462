import test from 'ava'
import {
  nothingAltered,
  withoutNul,
} from '../../../../../plugins/exporters/postgres/copy/altered.ts'

test('NULs are made visible, and the value counted once', t => {
  const altered = nothingAltered()
  t.is(withoutNul('a\0b\0', altered), 'a\u2400b\u2400')
  t.is(withoutNul('plain', altered), 'plain')
  t.deepEqual(altered, { ...nothingAltered(), nul: 1 })
})
