import test from 'ava'
import { type Segment, Segments } from '../../../src/queue/log/segments.ts'

function segment(number: number): Segment {
  const totals = { sequence: number, records: 0, bytes: 0 }
  return { number, begin: { segment: number, offset: 64, totals }, createdAtUnixMs: 0 }
}

test('segments are found by number, and the next is the next that is there', t => {
  const segments = new Segments()
  t.is(segments.last, undefined)
  for (const number of [3, 4, 7]) segments.add(segment(number))
  t.deepEqual([segments.count, segments.last?.number], [3, 7])
  t.is(segments.find(4)?.number, 4)
  t.is(segments.find(5), undefined)
  t.deepEqual(
    [2, 3, 4, 7].map(number => segments.after(number)?.number),
    [3, 4, 7, undefined],
  )
})

test('a segment may be removed from anywhere, once', t => {
  const segments = new Segments()
  for (const number of [3, 4, 7]) segments.add(segment(number))
  segments.remove(4)
  segments.remove(4)
  t.deepEqual(
    [...segments].map(({ number }) => number),
    [3, 7],
  )
})
