import test from 'ava'
import { isBehind, placeAfter } from '../../../src/queue/log/place.ts'

test('behind a record, everything has moved on by it', t => {
  const place = { segment: 2, offset: 64, totals: { sequence: 5, records: 10, bytes: 400 } }
  t.deepEqual(placeAfter(place, { bytes: 80, records: 3, sequence: 5 }), {
    segment: 2,
    offset: 144,
    totals: { sequence: 6, records: 13, bytes: 480 },
  })
})

test('the sequence follows the record, also when some before it are missing', t => {
  const place = { segment: 2, offset: 64, totals: { sequence: 5, records: 10, bytes: 400 } }
  t.is(placeAfter(place, { bytes: 80, records: 3, sequence: 9 }).totals.sequence, 10)
})

test('a place is behind another in a later segment, or further on in the same', t => {
  const totals = { sequence: 1, records: 0, bytes: 0 }
  const at = (segment: number, offset: number) => ({ segment, offset, totals })
  t.true(isBehind(at(2, 64), at(1, 900)))
  t.true(isBehind(at(2, 72), at(2, 64)))
  t.false(isBehind(at(2, 64), at(2, 64)))
  t.false(isBehind(at(1, 900), at(2, 64)))
})
