import test from 'ava'
import { batchIdentity } from '../../../../plugins/exporters/postgres/batch-identity.ts'
import { sampleLogs } from '../../../../src/testing/index.ts'

test('x', t => {
  t.not(batchIdentity('a', sampleLogs(['x'])), batchIdentity('a', sampleLogs(['x'])))
})
