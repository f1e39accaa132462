import test from 'ava'
import { Delivery } from '../../src/cli/send-delivery.ts'
import type { PartialSuccess } from '../../src/otlp/export-response.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

/** A delivery whose server answers the n-th try as `answer` says. */
function subject(
  answer: (attempt: number) => PartialSuccess | undefined | Promise<undefined>,
  retryForMs = 60_000,
) {
  const warnings: string[] = []
  const world = { attempts: 0, running: 0, runningMax: 0 }
  const delivery = new Delivery({
    sender: {
      destination: 'test',
      async sendLogs() {
        world.running++
        world.runningMax = Math.max(world.runningMax, world.running)
        try {
          return await answer(++world.attempts)
        } finally {
          world.running--
        }
      },
      async close() {},
    },
    concurrency: 2,
    timeoutMs: 1000,
    retryForMs,
    warn: text => warnings.push(text),
  })
  return { delivery, warnings, world }
}

const request = Buffer.alloc(1)

test('what is taken is acknowledged', async t => {
  const { delivery, warnings } = subject(() => undefined)
  await delivery.offer(request, 5)
  await delivery.offer(request, 6)
  await delivery.finish()
  t.deepEqual(delivery.tally, { acknowledged: 11, rejected: 0, failed: 0 })
  t.deepEqual(warnings, [])
})

test('a partial success is told apart and not sent again', async t => {
  const { delivery, warnings, world } = subject(() => ({ rejectedCount: 2, message: 'too old' }))
  await delivery.offer(request, 5)
  await delivery.finish()
  t.deepEqual(delivery.tally, { acknowledged: 3, rejected: 2, failed: 0 })
  t.deepEqual(warnings, ['the server says: too old'])
  t.is(world.attempts, 1)
})

test('a retryable refusal is tried again, not before the server wants it', async t => {
  const startMs = performance.now()
  const { delivery, warnings } = subject(attempt => {
    if (attempt === 1) throw PipelineError.retryable('busy', { retryAfterMs: 900 })
    return undefined
  })
  await delivery.offer(request, 5)
  await delivery.finish()
  t.true(performance.now() - startMs >= 890)
  t.deepEqual(delivery.tally, { acknowledged: 5, rejected: 0, failed: 0 })
  t.deepEqual(warnings, ['will be tried again: busy'])
})

test('a permanent refusal is not tried again', async t => {
  const { delivery, warnings, world } = subject(() => {
    throw PipelineError.permanent('bad data')
  })
  await delivery.offer(request, 5)
  await delivery.offer(request, 5)
  await delivery.finish()
  t.deepEqual(delivery.tally, { acknowledged: 0, rejected: 0, failed: 10 })
  t.deepEqual(warnings, ['refused: bad data'], 'the same trouble is told once')
  t.is(world.attempts, 2)
})

test('without time left for another try a request is given up', async t => {
  const { delivery, warnings } = subject(() => {
    throw PipelineError.retryable('busy')
  }, 100)
  await delivery.offer(request, 5)
  await delivery.finish()
  t.is(delivery.tally.failed, 5)
  t.deepEqual(warnings, ['given up: busy'])
})

test('no more requests than asked are under way at a time', async t => {
  const { delivery, world } = subject(
    () =>
      new Promise(resolve => {
        setTimeout(() => resolve(undefined), 5)
      }),
  )
  for (let i = 0; i < 10; i++) await delivery.offer(request, 1)
  await delivery.finish()
  t.is(world.runningMax, 2)
  t.is(delivery.tally.acknowledged, 10)
})
