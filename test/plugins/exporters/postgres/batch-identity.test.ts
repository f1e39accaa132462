import test from 'ava'
import { batchIdentity } from '../../../../plugins/exporters/postgres/batch-identity.ts'
import { sampleLogs } from '../../../../src/testing/index.ts'

const batch = sampleLogs(['a', 'b', 'c']).with({ origin: 'q/1' })

test('a repetition has the same identity', t => {
  t.is(batchIdentity('postgres', batch), 'postgres/q/1')
  t.is(batchIdentity('postgres', batch.slice(0, 2)), batchIdentity('postgres', batch.slice(0, 2)))
})

test('other records, another exporter and another origin have others', t => {
  const all = [
    batchIdentity('postgres', batch),
    batchIdentity('postgres/b', batch),
    batchIdentity('postgres', batch.slice(0, 1)),
    batchIdentity('postgres', batch.slice(1, 2)),
    batchIdentity('postgres', batch.with({ origin: 'q/2' })),
    batchIdentity('postgres', batch.with({ origin: undefined })),
    batchIdentity('postgres', batch.with({ origin: undefined })),
  ]
  t.is(new Set(all).size, all.length)
})
