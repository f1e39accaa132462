import test from 'ava'
import { abortError, within } from '../../../../plugins/exporters/clickhouse/abort.ts'

test('a wait ends with its promise, or with its signal', async t => {
  t.is(await within(Promise.resolve(1), new AbortController().signal), 1)
  const never = new Promise<void>(() => {})
  await t.throwsAsync(within(never, AbortSignal.abort()), { name: 'AbortError' })
  const controller = new AbortController()
  const wait = within(never, controller.signal)
  controller.abort()
  await t.throwsAsync(wait, { name: 'AbortError' })
  t.is(abortError().name, 'AbortError')
})
