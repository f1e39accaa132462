import test from 'ava'
import fc from 'fast-check'
import { decodeLogs } from '../../src/otlp/decode-logs.ts'
import { logsRequest } from '../helpers/arbitrary-logs.ts'
import { assertReadsAs, oracleLogs } from '../helpers/oracle.ts'

const context = { requestId: 'test' }

test('columns and cursor read what the oracle reads, whatever the order of fields', t => {
  const property = fc.property(logsRequest, bytes => {
    const { batch, rejectedCount, rejectedReason } = decodeLogs(bytes, context)
    if (rejectedCount > 0) throw new Error(rejectedReason)
    assertReadsAs(batch, oracleLogs(bytes))
  })
  t.notThrows(() => fc.assert(property, { numRuns: 2000 }))
})
