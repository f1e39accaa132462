import test from 'ava'
import { type LetterFilter, matchesFilter } from '../../src/dead-letter/letter-filter.ts'
import { metadataOf } from '../../src/dead-letter/metadata.ts'
import { letterOf } from '../helpers/dead-letters.ts'

const noon = Date.UTC(2026, 10, 26, 12)
const letter = { metadata: metadataOf(letterOf(['a'], { timeMs: noon })) }

const matches = test.macro((t, filter: LetterFilter, expected: boolean) => {
  t.is(matchesFilter(letter, filter), expected)
})
test('nothing asked, all are meant', matches, {}, true)
test('its reason', matches, { reason: 'rejected' }, true)
test('another reason', matches, { reason: 'timeout' }, false)
test('its destination', matches, { destination: 'clickhouse' }, true)
test('another destination', matches, { destination: 'clickhouse/b' }, false)
test('since its own time', matches, { sinceMs: noon }, true)
test('since later', matches, { sinceMs: noon + 1 }, false)
test('until later', matches, { untilMs: noon + 1 }, true)
test('until its own time', matches, { untilMs: noon }, false)
test('all of it', matches, { reason: 'rejected', destination: 'x' }, false)
