import test from 'ava'
import type { Verdict } from '../../../src/testing/oracle/judge.ts'
import { reportRun, reportSummary } from '../../../src/testing/oracle/report.ts'
import type { RunResult } from '../../../src/testing/oracle/run.ts'

const VERDICT: Verdict = {
  acked: 9,
  arrived: 10,
  arrivedUnacked: 1,
  lost: [],
  excused: 0,
  invented: [],
  altered: [],
  duplicates: 0,
  duplicated: [],
  broken: [],
}
const RESULT: RunResult = {
  seed: 7,
  verdict: VERDICT,
  broken: [],
  skipped: [],
  attempted: 12,
  kills: 3,
  restarts: 0,
  disturbed: 4,
  seconds: 5.25,
  folder: '/tmp/seed-7',
  discard: () => Promise.resolve(),
}

test('a run that kept the promise is one line', t => {
  t.is(
    reportRun(RESULT, 'again'),
    'seed 7  sent 12  acked 9  arrived 10  duplicates 0  kills 3  disturbed 4  5.3 s  ok',
  )
})

test('a run that broke it says how, where its files are, and how to repeat it', t => {
  const altered = [{ number: 3, expected: 'abcdef', got: 'abcxef' }]
  const failed = {
    ...RESULT,
    broken: ['1 records are not what was sent (3)'],
    verdict: { ...VERDICT, altered },
  }
  t.deepEqual(reportRun(failed, 'again').split('\n').slice(1), [
    '  1 records are not what was sent (3)',
    '  record 3 differs at 3: sent "abcdef", arrived "abcxef"',
    '  config, log and files: /tmp/seed-7',
    '  repeat: again',
  ])
})

test('a fault that could not be done is said', t => {
  const lines = reportRun({ ...RESULT, skipped: ['disk-full: no root'] }, 'again').split('\n')
  t.is(lines[1], '  SKIPPED disk-full: no root')
})

test('the summary names the seeds that failed', t => {
  const failed = { ...RESULT, seed: 8, broken: ['x'] }
  t.regex(reportSummary([RESULT, failed]), /2 runs: 24 records sent(.|\n)*FAILED: seeds 8$/)
  t.regex(reportSummary([RESULT]), /the promise was kept$/)
})

test('a run that could not be finished has no verdict, and is reported all the same', t => {
  const broken = ['the run could not be finished: no'] as const
  t.regex(reportRun({ ...RESULT, verdict: undefined, broken }, 'again'), /acked -.*FAILED/)
})
