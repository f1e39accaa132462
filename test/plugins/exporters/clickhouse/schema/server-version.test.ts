import test from 'ava'
import {
  isAtLeast,
  parseServerVersion,
} from '../../../../../plugins/exporters/clickhouse/schema/server-version.ts'

test('versions are read and compared by their numbers', t => {
  const version = parseServerVersion('26.10.1.5-testing')!
  t.deepEqual(version, { major: 26, minor: 10 })
  t.true(isAtLeast(version, 26, 2))
  t.true(isAtLeast(version, 25, 12))
  t.true(isAtLeast(version, 26, 10))
  t.false(isAtLeast(version, 26, 11))
  t.false(isAtLeast(version, 27, 1))
  t.is(parseServerVersion(''), undefined)
  t.is(parseServerVersion('next'), undefined)
})
