import test from 'ava'
import { lettersOf } from '../../src/dead-letter/letters-of.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { sampleLogs } from '../../src/testing/index.ts'

/* What the letters say is told in test/export/dead-letter.test.ts; here is how many there are. */

const batch = sampleLogs(['a', 'b', 'c']).with({ origin: 'q/1' })
const from = { destination: 'store', pipelines: ['logs'] }
const part = (i: number, error: PipelineError) => ({
  records: batch.slice(i, i + 1),
  origin: `q/1#${i}`,
  error,
})
const no = PipelineError.permanent('no')

const gives = test.macro((t, error: PipelineError, origins: readonly string[]) => {
  const letters = lettersOf(batch, error, from)
  t.deepEqual(
    letters.map(({ origin }) => origin),
    origins,
  )
  t.true(letters.every(({ destination }) => destination === 'store'))
})

test('a whole batch is one letter', gives, no, ['q/1'])
test(
  'only a count is one letter',
  gives,
  PipelineError.permanent('2', { rejected: { count: 2 } }),
  ['q/1'],
)
test(
  'refused parts are a letter each',
  gives,
  PipelineError.permanent('2', { rejected: { count: 2, parts: [part(0, no), part(2, no)] } }),
  ['q/1#0', 'q/1#2'],
)
test(
  'pending parts are a letter each',
  gives,
  PipelineError.retryable('later', { pending: [part(1, no)] }),
  ['q/1#1'],
)
