import test from 'ava'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { Readiness, SchemaError } from '../../src/plugin/readiness.ts'
import { createTestContext, type TestContext } from '../../src/testing/index.ts'
import { until } from '../helpers/until.ts'

const signal = new AbortController().signal

interface Subject {
  readonly context: TestContext
  readonly readiness: Readiness<number>
}

/** Fails with each error in turn, then gives the number of attempts it took. */
function failing(...errors: readonly Error[]): Subject {
  const context = createTestContext('exporter', 'clickhouse')
  let attempts = 0
  const readiness = new Readiness({
    context,
    prepare: async () => {
      const error = errors[attempts++]
      if (error !== undefined) throw error
      return attempts
    },
    explain: error => PipelineError.retryable(`http://db: ${(error as Error).message}`),
  })
  return { context, readiness }
}

test('what is there at once is ready when start resolves', async t => {
  const { context, readiness } = failing()
  await readiness.start()
  t.is(await readiness.value(signal), 1)
  t.deepEqual(context.statuses, [{ status: 'ok', detail: undefined }])
  readiness.stop()
})

test('a server that is down holds nobody up: batches are refused until it is there', async t => {
  const { context, readiness } = failing(new Error('ECONNREFUSED'))
  await readiness.start()
  await t.throwsAsync(readiness.value(signal), {
    message: 'not ready: http://db: ECONNREFUSED',
  })
  t.like(context.statuses[0], { status: 'recoverable_error', detail: 'http://db: ECONNREFUSED' })
  await until(() => context.statuses.length > 1)
  t.is(await readiness.value(signal), 2)
  t.is(context.statuses[1]?.status, 'ok')
  t.deepEqual(
    context.lines.map(line => line['level']),
    [40, 30],
  )
  readiness.stop()
})

test('a fault of the schema is permanent for health, but the data is kept', async t => {
  const { context, readiness } = failing(new SchemaError('no column Body'))
  await readiness.start()
  t.deepEqual(context.statuses, [{ status: 'permanent_error', detail: 'no column Body' }])
  const error = await t.throwsAsync(readiness.value(signal))
  t.like(error, { retryable: true, reason: 'not_ready' })
  readiness.stop()
})

test('what is lost is prepared again', async t => {
  const { context, readiness } = failing()
  await readiness.start()
  readiness.again(PipelineError.retryable('table dropped'))
  await t.throwsAsync(readiness.value(signal), { message: /table dropped/ })
  await until(() => context.statuses.length > 2)
  t.is(await readiness.value(signal), 2)
  readiness.stop()
})

test('after stop nothing is ready and nothing is tried', async t => {
  const { readiness } = failing()
  await readiness.start()
  readiness.stop()
  await t.throwsAsync(readiness.value(signal), { message: /stopped/ })
})

test('before start nothing is ready', async t => {
  await t.throwsAsync(failing().readiness.value(signal), { message: /not been started/ })
})
