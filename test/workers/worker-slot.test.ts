import test, { type ExecutionContext } from 'ava'
import { mergedText } from '../../src/telemetry/snapshot.ts'
import { createTestContext } from '../../src/testing/test-context.ts'
import { WorkerSlot } from '../../src/workers/worker-slot.ts'
import { forkWorker, workerStart } from '../helpers/fork-worker.ts'
import { until } from '../helpers/until.ts'

function subject(t: ExecutionContext, roles: readonly (string | undefined)[] = []) {
  const { logger, metrics, lines } = createTestContext('extension', 'pool')
  let starts = 0
  const slot = new WorkerSlot({
    index: 1,
    fork: () => forkWorker(t),
    start: () => workerStart(roles[starts++]),
    logger,
    metrics,
    firstDelayMs: 1,
  })
  t.teardown(() => slot.kill())
  const value = async (name: 'workerUp' | 'workerRestarts') =>
    (await metrics[name].get()).values.map(({ labels, value }) => ({ ...labels, value }))
  return { slot, lines, value, starts: () => starts }
}

async function counted(slot: WorkerSlot): Promise<string> {
  return (await mergedText(await slot.metrics())).body
}

test('a process that is killed is followed by another one, and its counts stay', async t => {
  const { slot, value, lines } = subject(t)
  await slot.start()
  await slot.look(60_000, true)
  t.like(slot.health, { ready: true })
  t.regex(await counted(slot), /^a_total 3$/m)
  const { pid } = slot.state()
  process.kill(pid!, 'SIGKILL')
  await until(() => slot.state().status === 'up' && slot.state().restarts === 1)
  t.not(slot.state().pid, pid)
  t.deepEqual(await value('workerRestarts'), [{ worker: '1', reason: 'SIGKILL', value: 1 }])
  t.deepEqual(await value('workerUp'), [{ worker: '1', value: 1 }])
  t.regex(await counted(slot), /^a_total 3$/m)
  await slot.look(60_000, true)
  t.regex(await counted(slot), /^a_total 6$/m)
  t.regex(
    String(lines[0]?.['msg']),
    /worker 1: was killed by SIGKILL; another one is started in 1 ms/,
  )
  t.true(await slot.stop())
})

test('one that ends by itself says what it counted, and why it ended', async t => {
  const { slot, value, starts } = subject(t, ['ends', 'cannot start', undefined])
  await slot.start()
  await until(() => starts() === 3 && slot.state().status === 'up')
  t.deepEqual(await value('workerRestarts'), [
    { worker: '1', reason: 'exit', value: 1 },
    { worker: '1', reason: 'fault', value: 1 },
  ])
  t.regex(await counted(slot), /^a_total 5$/m)
  t.is(slot.state().restarts, 2)
})

test('a first start that fails is told, and not repeated', async t => {
  const { slot, starts } = subject(t, ['cannot start'])
  await t.throwsAsync(slot.start(), { message: 'worker 1: the port is taken' })
  t.true(await slot.stop().then(() => true))
  t.is(starts(), 1)
  await t.throwsAsync(slot.ask({ what: 'health' }, 1000), { message: /started again|has ended/ })
})

test('one that does not answer is silent, its gauges are not known, its counters are', async t => {
  const { slot, value } = subject(t)
  await slot.start()
  await slot.look(60_000, true)
  process.kill(slot.state().pid!, 'SIGSTOP')
  await slot.look(50, true)
  t.is(slot.state().status, 'silent')
  t.is(slot.health, undefined)
  t.deepEqual(await value('workerUp'), [{ worker: '1', value: 0 }])
  t.regex(await counted(slot), /^a_total 3$/m)
  process.kill(slot.state().pid!, 'SIGCONT')
  await slot.look(60_000, true)
  t.is(slot.state().status, 'up')
})
