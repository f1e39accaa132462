import test from 'ava'
import fc from 'fast-check'
import { buildLogs } from '../../src/otlp/build-logs.ts'

const context = { requestId: 'test' }
const batch = buildLogs(
  [{ records: Array.from({ length: 20 }, (_, i) => ({ severityNumber: i + 1 })) }],
  context,
)

test('a filter keeps what it says, in order, and filters stack', t => {
  const property = fc.property(fc.func(fc.boolean()), fc.func(fc.boolean()), (first, second) => {
    const kept = batch
      .filter(row => first(row.severityNumber()))
      .filter(row => second(row.severityNumber()))
    const cursor = kept.cursor()
    const actual = Array.from({ length: kept.count }, (_, i) =>
      cursor.seek(kept.row(i)).severityNumber(),
    )
    const all = Array.from({ length: 20 }, (_, i) => i + 1)
    t.deepEqual(
      actual,
      all.filter(n => first(n)).filter(n => second(n)),
    )
  })
  t.notThrows(() => fc.assert(property))
})

test('a filter that keeps everything gives the batch itself', t => {
  t.is(
    batch.filter(() => true),
    batch,
  )
})

test('a filter that keeps nothing gives an empty batch', t => {
  t.is(batch.filter(() => false).count, 0)
})
