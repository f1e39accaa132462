import test from 'ava'
import { abortError, orAborted, sharedController, untilAborted } from '../../src/plugin/abort.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

test('any number may listen to a shared signal without a warning', async t => {
  const warnings: Error[] = []
  const listen = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listen)
  t.teardown(() => process.off('warning', listen))
  const { signal } = sharedController()
  for (let i = 0; i < 100; i++) signal.addEventListener('abort', () => {})
  await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(warnings, [])
})

test("the signal's own PipelineError is the verdict", t => {
  const reason = PipelineError.permanent('no')
  t.is(abortError(AbortSignal.abort(reason)), reason)
})

const becomesCancelled = test.macro((t, reason: unknown) => {
  const error = abortError(AbortSignal.abort(reason))
  t.like(error, { code: 'cancelled', reason: 'cancelled', retryable: true })
  if (reason !== undefined) t.is(error.cause, reason)
})
test('an abort without a reason is cancelled, retryably', becomesCancelled, undefined)
test('an abort with a text is cancelled, retryably', becomesCancelled, 'client gone')
test('an abort with a foreign error is cancelled, retryably', becomesCancelled, new Error('x'))

test('work that ends first gives its own outcome', async t => {
  const { signal } = new AbortController()
  t.is(await orAborted(Promise.resolve(7), signal), 7)
  const error = PipelineError.retryable('full')
  t.is(await t.throwsAsync(orAborted(Promise.reject(error), signal)), error)
})

test('an abort ends the wait at once though the work goes on', async t => {
  const controller = new AbortController()
  const waiting = orAborted(new Promise<void>(() => {}), controller.signal)
  controller.abort()
  t.like(await t.throwsAsync(waiting), { code: 'cancelled' })
})

test('a signal that has aborted before is not waited for', async t => {
  const waiting = orAborted(new Promise<void>(() => {}), AbortSignal.abort())
  t.like(await t.throwsAsync(waiting), { code: 'cancelled' })
})

test('a failure after the abort disturbs nobody', async t => {
  const unhandled: unknown[] = []
  const listen = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', listen)
  t.teardown(() => process.off('unhandledRejection', listen))
  let fail: (error: Error) => void = () => {}
  const work = new Promise<void>((_resolve, reject) => {
    fail = reject
  })
  await t.throwsAsync(orAborted(work, AbortSignal.abort()))
  fail(new Error('late'))
  await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(unhandled, [])
})

test('a bounded wait ends with the work', async t => {
  await t.notThrowsAsync(untilAborted(Promise.resolve(), new AbortController().signal))
})

test('a bounded wait ends with the signal although the work never does', async t => {
  const never = new Promise<void>(() => {})
  const controller = new AbortController()
  const waiting = untilAborted(never, controller.signal)
  controller.abort()
  await t.notThrowsAsync(waiting)
  await t.notThrowsAsync(untilAborted(never, controller.signal))
})
