import test from 'ava'
import { lostCount } from '../../src/dead-letter/letter.ts'
import { letterOf } from '../helpers/dead-letters.ts'

test('a letter stands for its records, or for as many as were refused of them', t => {
  t.is(lostCount(letterOf(['a', 'b', 'c'])), 3)
  t.is(lostCount(letterOf(['a', 'b', 'c'], { rejectedCount: 2 })), 2)
})
