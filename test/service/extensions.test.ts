import test from 'ava'
import type { Extension } from '../../src/plugin/component.ts'
import { StatusBoard } from '../../src/plugin/status-board.ts'
import { Extensions } from '../../src/service/extensions.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { emptyConfig, withExtensions } from '../helpers/fake-service.ts'

function subject(extensions: Record<string, Extension>) {
  const context = createTestContext('extension', 'test')
  const { logger, metrics, door, authenticators, lines, report } = context
  const status = new StatusBoard()
  const create = Object.fromEntries(
    Object.entries(extensions).map(([id, extension]) => [id, () => extension]),
  )
  const config = emptyConfig(withExtensions(create))
  const all = new Extensions({
    config,
    logger,
    metrics,
    door,
    authenticators,
    status,
    health: () => report,
  })
  const states = () => status.report().map(({ id, status }) => `${id} ${status}`)
  return { all, lines, status, states }
}

test('they start in the order of the config and stop in the reverse', async t => {
  const calls: string[] = []
  const recorder = (id: string): Extension => ({
    start: async () => void calls.push(`start ${id}`),
    stop: async () => void calls.push(`stop ${id}`),
  })
  const { all, states } = subject({ a: recorder('a'), b: recorder('b') })
  t.deepEqual(states(), ['a starting', 'b starting'])
  await all.start()
  t.deepEqual(states(), ['a ok', 'b ok'])
  await all.stop(AbortSignal.timeout(1000))
  t.deepEqual(calls, ['start a', 'start b', 'stop b', 'stop a'])
  t.deepEqual(states(), ['a stopped', 'b stopped'])
})

test('one that cannot start is named, and shown with its reason', async t => {
  const { all, status } = subject({
    'health_check/2': { start: () => Promise.reject(new Error('port taken')) },
  })
  await t.throwsAsync(all.start(), { message: 'extension health_check/2: port taken' })
  t.like(status.report()[0], { status: 'permanent_error', detail: 'port taken' })
})

test('one that cannot stop does not keep the others from it', async t => {
  let stopped = false
  const { all, lines } = subject({
    a: {
      stop: async () => {
        stopped = true
      },
    },
    b: { stop: () => Promise.reject(new Error('stuck')) },
  })
  await all.stop(AbortSignal.timeout(1000))
  t.true(stopped)
  t.like(lines[0], { level: 50, component: 'b' })
})
