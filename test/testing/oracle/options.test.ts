import test from 'ava'
import { parseOptions, repeatCommand } from '../../../src/testing/oracle/options.ts'

test('the command that repeats a run makes exactly that run', t => {
  const options = parseOptions(
    '--runs 200 --seed 5 --destination otlp --queue wait --faults kill,slow --parallel 2 --resend'.split(
      ' ',
    ),
  )
  const words = repeatCommand(77, options).split(' ')
  t.deepEqual(words.slice(0, 4), ['npm', 'run', 'chaos', '--'])
  t.deepEqual(parseOptions(words.slice(4)), { ...options, runs: 1, seed: 77, parallel: 1 })
})

test('without options, one run with every fault', t => {
  const { runs, seed, faults } = parseOptions([])
  t.deepEqual([runs, seed], [1, 1])
  t.true(faults.includes('kill') && faults.includes('down'))
})
