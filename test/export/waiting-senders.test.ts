import test from 'ava'
import { WaitingSenders } from '../../src/export/waiting-senders.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { sampleLogs } from '../../src/testing/index.ts'

const accept = async (): Promise<void> => {}

test('a sender gets its own verdict', async t => {
  const senders = new WaitingSenders()
  const [a, b] = [sampleLogs(['a']), sampleLogs(['b'])]
  const { signal } = new AbortController()
  const first = senders.wait(a, signal, accept)
  const second = senders.wait(b, signal, accept)
  await Promise.resolve()
  senders.settle(a, undefined)
  senders.settle(b, PipelineError.permanent('no'))
  await t.notThrowsAsync(first)
  await t.throwsAsync(second, { message: 'no' })
})

test('a verdict that comes before the queue has answered is not lost', async t => {
  const senders = new WaitingSenders()
  const batch = sampleLogs(['a'])
  const waiting = senders.wait(batch, new AbortController().signal, async () => {
    senders.settle(batch, PipelineError.permanent('fast'))
  })
  await t.throwsAsync(waiting, { message: 'fast' })
})

test('a refusal of the queue is the verdict, and nothing is remembered', async t => {
  const senders = new WaitingSenders()
  const batch = sampleLogs(['a'])
  const full = PipelineError.retryable('full')
  const waiting = senders.wait(batch, new AbortController().signal, () => Promise.reject(full))
  t.is(await t.throwsAsync(waiting), full)
  t.false(senders.hasLeft(batch))
})

test('a batch is abandoned when the last of its senders leaves, not before', async t => {
  const senders = new WaitingSenders()
  const batches = [sampleLogs(['a']), sampleLogs(['b'])]
  const controllers = batches.map(() => new AbortController())
  const waiting = batches.map((batch, i) => senders.wait(batch, controllers[i]!.signal, accept))
  await Promise.resolve()
  let abandoned = 0
  senders.watch(batches, () => abandoned++)
  controllers[0]!.abort()
  await t.throwsAsync(waiting[0]!, { code: 'cancelled' })
  t.true(senders.hasLeft(batches[0]!))
  t.is(abandoned, 0)
  controllers[1]!.abort()
  await t.throwsAsync(waiting[1]!, { code: 'cancelled' })
  t.is(abandoned, 1)
})

test('after the end of the watch nobody is told', async t => {
  const senders = new WaitingSenders()
  const batch = sampleLogs(['a'])
  const controller = new AbortController()
  const waiting = senders.wait(batch, controller.signal, accept)
  await Promise.resolve()
  const unwatch = senders.watch([batch], () => t.fail('told'))
  unwatch()
  controller.abort()
  await t.throwsAsync(waiting, { code: 'cancelled' })
})
