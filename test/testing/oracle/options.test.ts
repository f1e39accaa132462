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

test('a run through Kafka has the faults of its consumers and its broker, too', t => {
  const options = parseOptions(['--through', 'kafka'])
  t.true(
    ['kill', 'down', 'stop-consumer', 'kill-broker'].every(kind =>
      options.faults.includes(kind as never),
    ),
  )
  const words = repeatCommand(1, options).split(' ')
  t.deepEqual(parseOptions(words.slice(4)), options)
})

test('with several workers single ones are killed, and no file is damaged', t => {
  const options = parseOptions(['--workers', '2'])
  t.true(options.faults.includes('kill-worker'))
  t.false(options.faults.includes('corrupt'))
  const words = repeatCommand(1, options).split(' ')
  t.deepEqual(parseOptions(words.slice(4)), options)
})

const REFUSED = {
  '--faults kill-worker': /kill-worker: only with --workers/,
  '--workers 2 --power-loss': /neither --through nor --power-loss/,
  '--workers 2 --faults corrupt': /corrupt: only without --workers/,
  '--faults join': /join: only with --through kafka/,
  '--through kafka --destination embedded': /cannot share an embedded store/,
  '--break ack-before-sync': /--power-loss only/,
  '--break commit-before-store': /--through kafka only/,
  '--intake ingest --destination otlp': /straight into a store only/,
  '--intake ingest --through kafka': /straight into a store only/,
  '--break no-dedup --destination otlp': /with a ClickHouse only/,
}

for (const [line, message] of Object.entries(REFUSED)) {
  test(`${line} is refused with what it needs`, t => {
    t.throws(() => parseOptions(line.split(' ')), { message })
  })
}
