import { EventEmitter } from 'node:events'
import test from 'ava'
import { handleFaults } from '../../src/service/faults.ts'
import { createTestContext } from '../../src/testing/test-context.ts'

function subject() {
  const source = new EventEmitter()
  const clock = { nowMs: 0 }
  const state = { fails: 0 }
  const { logger, lines, metrics } = createTestContext('extension', 'x')
  const release = handleFaults({
    source,
    logger,
    metrics,
    fail: () => state.fails++,
    now: () => clock.nowMs,
  })
  const counted = async () => (await metrics.exceptions.get()).values[0]?.value
  return { source, clock, state, lines, counted, release }
}

test('an exception nobody caught is logged with its stack and counted; the process lives', async t => {
  const { source, state, lines, counted } = subject()
  source.emit('uncaughtException', new TypeError('x is not a function'))
  t.like(lines[0], { level: 50, fault: 'exception' })
  t.regex((lines[0]!['err'] as { stack: string }).stack, /faults\.test/)
  t.is(await counted(), 1)
  t.is(state.fails, 0)
})

test('so is a rejection, even of something that is no error', async t => {
  const { source, state, lines, counted } = subject()
  source.emit('unhandledRejection', 'oops')
  t.like(lines[0], { level: 50, fault: 'rejection' })
  t.is((lines[0]!['err'] as { message: string }).message, 'oops')
  t.is(await counted(), 1)
  t.is(state.fails, 0)
})

const fatal = test.macro((t, error: Error) => {
  const { source, state, lines } = subject()
  source.emit('uncaughtException', error)
  source.emit('uncaughtException', error)
  t.is(state.fails, 1)
  t.regex(String(lines[0]!['msg']), /broken/)
})
test('no memory for a buffer ends it', fatal, new RangeError('Array buffer allocation failed'))
test(
  'an assertion inside Node ends it',
  fatal,
  Object.assign(new Error('x'), { code: 'ERR_INTERNAL_ASSERTION' }),
)

test('a fault that comes back again and again ends it', t => {
  const { source, clock, state } = subject()
  for (let i = 0; i < 19; i++) source.emit('uncaughtException', new Error('again'))
  t.is(state.fails, 0)
  clock.nowMs = 1000
  source.emit('uncaughtException', new Error('again'))
  t.is(state.fails, 1)
})

test('the same number over hours does not', t => {
  const { source, clock, state } = subject()
  for (let i = 0; i < 100; i++) {
    clock.nowMs += 10_000
    source.emit('uncaughtException', new Error('now and then'))
  }
  t.is(state.fails, 0)
})

test('a broken pipe is not answered with a line into the same pipe', t => {
  const { source, lines } = subject()
  source.emit('uncaughtException', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  t.deepEqual(lines, [])
})

test('released, no listener is left', t => {
  const { source, release } = subject()
  release()
  t.deepEqual(source.eventNames(), [])
})
