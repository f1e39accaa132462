import test from 'ava'
import { splitVerdict, wholeVerdict, withRejected } from '../../src/export/split-verdict.ts'
import { PipelineError, type Rejected } from '../../src/plugin/pipeline-error.ts'
import type { LotPart } from '../../src/queue/queue.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'

const joined = sampleLogs(['a', 'b', 'c', 'd', 'e'])

/** Parts of so many records, which were joined in this order. */
function partsOf(...sizes: number[]): LotPart[] {
  return sizes.map(size => ({
    item: { batch: sampleLogs(Array<string>(size).fill('x')), size, offeredAtMs: 0 },
    from: 0,
    to: size,
  }))
}

function refused(rejected?: Rejected): PipelineError {
  return PipelineError.permanent('bad', { reason: 'bad_row', rejected })
}

const splits = test.macro(
  (t, error: PipelineError, sizes: number[], counts: (number | undefined)[]) => {
    const verdicts = splitVerdict(error, partsOf(...sizes))
    t.deepEqual(
      verdicts.map(verdict => verdict?.rejected?.count),
      counts,
    )
    for (const verdict of verdicts) if (verdict) t.like(verdict, { reason: 'bad_row' })
  },
)
test('a refusal of everything refuses all of each part', splits, refused(), [2, 3], [2, 3])
test('a count alone is told once over all parts', splits, refused({ count: 3 }), [2, 3], [2, 1])
test('a count that the first part can bear', splits, refused({ count: 1 }), [2, 3], [1, undefined])

const part = (...rows: number[]) => ({
  records: joined.with({ selection: Uint32Array.from(rows) }),
  origin: 'o',
  error: refused(),
})
test(
  'what is known to be refused is told to whom it belongs',
  splits,
  refused({ count: 3, parts: [part(3), part(4, 2)] }),
  [2, 3],
  [undefined, 3],
)
test(
  'each hears of its own',
  splits,
  refused({ count: 2, parts: [part(1), part(2)] }),
  [2, 3],
  [1, 1],
)

test('what may succeed later is the verdict of every part', t => {
  const error = PipelineError.retryable('busy')
  t.deepEqual(splitVerdict(error, partsOf(1, 2)), [error, error])
})

test('an item of which all records were refused was refused', t => {
  t.is(wholeVerdict(withRejected(refused(), 2), 2)?.rejected, undefined)
  t.is(wholeVerdict(withRejected(refused(), 1), 2)?.rejected?.count, 1)
  t.is(wholeVerdict(undefined, 2), undefined)
})
