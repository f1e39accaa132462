import test from 'ava'
import { Held } from '../../../../plugins/processors/batch/held.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { sampleLogs } from '../../../../src/testing/index.ts'

const never = new AbortController().signal

test('the verdict is that of all parts together', async t => {
  const held = new Held(sampleLogs(['a']), never)
  held.share.addPart()
  held.share.addPart()
  held.share.complete()
  held.share.partDone(undefined)
  held.share.partDone(PipelineError.permanent('no', { reason: 'bad' }))
  await t.throwsAsync(held.verdict(), { message: 'no' })
})

test('a sender that leaves hears so at once', async t => {
  const sender = new AbortController()
  const held = new Held(sampleLogs(['a']), sender.signal)
  const verdict = held.verdict()
  sender.abort()
  await t.throwsAsync(verdict, { instanceOf: PipelineError, code: 'cancelled' })
  await t.throwsAsync(held.verdict(), { code: 'cancelled' })
})

test('a batch without an identity gets one, a named one keeps its own', t => {
  t.truthy(new Held(sampleLogs(['a']), never).batch.origin)
  t.is(new Held(sampleLogs(['a']).with({ origin: 'x' }), never).batch.origin, 'x')
})
