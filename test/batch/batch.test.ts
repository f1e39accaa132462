import test from 'ava'
import type { LogBatch } from '../../src/batch/log-batch.ts'
import { buildLogs } from '../../src/otlp/build-logs.ts'

const context = { requestId: 'test' }

function batchOf(count: number): LogBatch {
  const records = Array.from({ length: count }, (_, i) => ({ body: `record ${i}` }))
  return buildLogs([{ records }], context)
}

function bodies(batch: LogBatch): string[] {
  const cursor = batch.cursor()
  return Array.from({ length: batch.count }, (_, i) => cursor.seek(batch.row(i)).bodyText())
}

const slices = test.macro({
  exec(t, from: number, to: number, expected: number[]) {
    const names = expected.map(i => `record ${i}`)
    t.deepEqual(bodies(batchOf(5).slice(from, to)), names)
    // The same within a selection: the even rows of ten.
    const even = batchOf(10).filter(row => row.row % 2 === 0)
    t.deepEqual(
      bodies(even.slice(from, to)),
      expected.map(i => `record ${2 * i}`),
    )
  },
  title: (_, from: number, to: number, expected: number[]) =>
    `slice ${from} to ${to} of five holds [${expected.join(' ')}]`,
})

test(slices, 0, 5, [0, 1, 2, 3, 4])
test(slices, 0, 2, [0, 1])
test(slices, 2, 4, [2, 3])
test(slices, 3, 99, [3, 4])
test(slices, 5, 9, [])
test(slices, 2, 2, [])

test('a slice of everything is the batch itself', t => {
  const batch = batchOf(3)
  t.is(batch.slice(0, 3), batch)
})

test('with() replaces parts and shares the rest', t => {
  const batch = batchOf(3)
  const named = batch.with({ origin: 'q/1/2' })
  t.is(named.origin, 'q/1/2')
  t.is(named.bytes, batch.bytes)
  t.is(named.columns, batch.columns)
  t.is(named.context, batch.context)
  t.is(batch.origin, undefined)
  t.is(named.constructor, batch.constructor)
})

test('a batch is untouched until something is selected or rewritten', t => {
  const batch = batchOf(3)
  t.true(batch.isUntouched)
  t.true(batch.with({ origin: 'o' }).isUntouched)
  t.false(batch.slice(0, 1).isUntouched)
  t.false(batch.with({ resourceOverlay: new Map() }).isUntouched)
})

test('the memory estimate grows with what a batch holds', t => {
  const batch = batchOf(100)
  t.true(batch.memoryBytes > batch.bytes.length + 100 * 80)
  t.true(batch.slice(0, 50).memoryBytes > batch.memoryBytes)
  const resource = Buffer.alloc(10_000)
  const rewritten = batch.with({ resourceOverlay: new Map([[0, resource]]) })
  t.is(rewritten.memoryBytes, batch.memoryBytes + resource.length)
})
