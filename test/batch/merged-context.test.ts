import test from 'ava'
import { mergedContext } from '../../src/batch/merged-context.ts'

const metadata = new Map([['x-tenant', ['1']]])
const one = { requestId: 'a', clientAddress: '10.0.0.1', metadata }
const other = { requestId: 'b', clientAddress: '10.0.0.2' }

test("one sender's context is kept whole", t => {
  t.is(mergedContext([one, one]), one)
})

test('of several senders only the way back to the first is kept, and how many there were', t => {
  t.deepEqual(mergedContext([one, other, other]), { requestId: 'a+1' })
})

test('of a queue its name and time are kept', t => {
  const own = { receivedAtUnixMs: 5, queueId: 'q' }
  const merged = mergedContext([
    { ...one, ...own },
    { ...other, ...own },
  ])
  t.deepEqual(merged, { requestId: 'a+1', ...own })
})

test('no sender at all is still a context', t => {
  t.deepEqual(mergedContext([]), { requestId: '' })
})
