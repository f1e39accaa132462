import test from 'ava'
import { decodeLogs } from '../../../src/otlp/decode-logs.ts'
import { isEdge, NUMBER_KEY, RecordMint } from '../../../src/testing/oracle/records.ts'

const EDGES = [0, 1, 127, 128, 65_536]

function mint(seed = 1): RecordMint {
  return new RecordMint(seed, { edgeBytes: EDGES })
}

test('a request carries each of its numbers once, and nothing else', t => {
  const { batch, rejectedCount } = decodeLogs(mint().request(90, 200), { requestId: 'test' })
  t.is(rejectedCount, 0)
  const cursor = batch.cursor()
  const numbers = Array.from({ length: batch.count }, (_, i) =>
    Number(cursor.seek(batch.row(i)).attribute(NUMBER_KEY)),
  )
  t.deepEqual(
    numbers.toSorted((a, b) => a - b),
    Array.from({ length: 110 }, (_, i) => 90 + i),
  )
})

test('a record is the same whenever it is made, and differs from seed to seed', t => {
  t.deepEqual(mint().request(1, 50), mint().request(1, 50))
  t.notDeepEqual(mint(1).request(1, 50), mint(2).request(1, 50))
})

test('bodies are valid text of exactly their size, at every edge', t => {
  const sizes = new Set<number>()
  for (let number = 1; number <= 4000; number++) {
    const body = mint().record(number).body as string
    t.is(Buffer.byteLength(body), mint().bodyBytes(number))
    t.true(Buffer.from(body).toString() === body)
    if (isEdge(number)) sizes.add(Buffer.byteLength(body))
  }
  t.deepEqual(
    [...sizes].toSorted((a, b) => a - b),
    EDGES,
  )
})
