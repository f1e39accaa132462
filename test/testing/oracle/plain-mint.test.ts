import test from 'ava'
import { PlainMint } from '../../../src/testing/oracle/plain-mint.ts'
import { NUMBER_KEY, RecordMint } from '../../../src/testing/oracle/records.ts'
import { readRecords } from '../../helpers/ingest.ts'

const mint = new PlainMint(new RecordMint(1, { edgeBytes: [0, 1, 65_536] }))

test('what it expects of a line is what the ingest receiver reads in it', t => {
  const { records, rejected } = readRecords(mint.request(1, 301), 'lines')
  t.deepEqual(rejected, [])
  t.is(records.length, 300)
  for (const seen of records) {
    const number = Number(seen.attributes![NUMBER_KEY])
    const { timeUnixNano, severityNumber, severityText, body, attributes, traceId, spanId } =
      mint.record(number)
    t.deepEqual(seen, {
      time: timeUnixNano,
      observed: seen.observed,
      ...(severityNumber === 0 ? {} : { severity: severityNumber, severityText }),
      body,
      attributes: Object.fromEntries(attributes as ReadonlyMap<string, never>),
      resource: mint.envelope(number).resource,
      ...(traceId === undefined ? {} : { traceId, spanId }),
    })
  }
})
