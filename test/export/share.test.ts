import test from 'ava'
import { Share } from '../../src/export/share.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

const retryable = PipelineError.retryable('later')
const permanent = PipelineError.permanent('never')

/** A share that writes down each verdict it gives: `undefined` for success. */
function createShare(): { share: Share; verdicts: (PipelineError | undefined)[] } {
  const verdicts: (PipelineError | undefined)[] = []
  return { share: new Share(error => verdicts.push(error)), verdicts }
}

test('one part, one verdict', t => {
  const { share, verdicts } = createShare()
  share.addPart()
  share.complete()
  t.deepEqual(verdicts, [])
  share.partDone(undefined)
  t.deepEqual(verdicts, [undefined])
})

test('no verdict before the last part is done', t => {
  const { share, verdicts } = createShare()
  share.addPart()
  share.addPart()
  share.complete()
  share.partDone(permanent)
  t.deepEqual(verdicts, [])
  share.partDone(undefined)
  t.deepEqual(verdicts, [permanent])
})

test('no verdict while more parts may come, though all known ones are done', t => {
  const { share, verdicts } = createShare()
  share.addPart()
  share.partDone(undefined)
  t.deepEqual(verdicts, [])
  share.addPart()
  share.complete()
  share.partDone(undefined)
  t.deepEqual(verdicts, [undefined])
})

const isWorst = test.macro(
  (t, parts: readonly (PipelineError | undefined)[], verdict: PipelineError | undefined) => {
    const { share, verdicts } = createShare()
    for (const _ of parts) share.addPart()
    share.complete()
    for (const part of parts) share.partDone(part)
    t.deepEqual(verdicts, [verdict])
  },
)
test('all well is success', isWorst, [undefined, undefined], undefined)
test('one refused part is the verdict', isWorst, [undefined, permanent, undefined], permanent)
test('sending again can still save some', isWorst, [permanent, retryable, permanent], retryable)

test('refused records of several parts add up', t => {
  const { share, verdicts } = createShare()
  share.addPart()
  share.addPart()
  share.complete()
  share.partDone(PipelineError.permanent('bad', { reason: 'bad_row', rejected: { count: 2 } }))
  share.partDone(PipelineError.permanent('worse', { rejected: { count: 3 } }))
  t.like(verdicts[0], { message: 'bad', reason: 'bad_row', retryable: false })
  t.deepEqual(verdicts[0]?.rejected, { count: 5 })
})
