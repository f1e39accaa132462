import test from 'ava'
import type { HealthReport } from '../../src/plugin/health.ts'
import { mergeHealth } from '../../src/workers/merge-health.ts'
import type { WorkerState } from '../../src/workers/worker-slot.ts'

const own: HealthReport = { status: 'ok', ready: true, since: 'start', components: [] }
const since = 'now'
const good = { kind: 'exporter', id: 'a', status: 'ok', since } as const
const bad = { ...good, status: 'recoverable_error', detail: 'it is down' } as const

function worker(index: number, report?: Partial<HealthReport>) {
  const state: WorkerState = {
    worker: index,
    pid: 1,
    status: report === undefined ? 'down' : 'up',
    restarts: 0,
  }
  return { state, report: report && { ...own, ...report } }
}

test('a component is shown once, with the worst that a worker says of it', t => {
  const health = mergeHealth(own, [
    worker(0, { components: [good] }),
    worker(1, { components: [bad] }),
    worker(2, { components: [{ ...good, pipeline: 'logs' }] }),
  ])
  t.is(health.status, 'recoverable_error')
  t.true(health.ready)
  t.deepEqual(health.components, [
    { ...bad, detail: 'worker 1: it is down' },
    { ...good, pipeline: 'logs' },
  ])
})

test('one worker that is started again does not make the service unready', t => {
  const health = mergeHealth(own, [worker(0, { components: [good] }), worker(1)])
  t.like(health, {
    status: 'recoverable_error',
    ready: true,
    workers: [{ status: 'up' }, { status: 'down' }],
  })
})

test('without any worker, or with one that needs a person, it is not ready', t => {
  t.false(mergeHealth(own, [worker(0), worker(1)]).ready)
  t.false(mergeHealth(own, [worker(0, { ready: false }), worker(1, {})]).ready)
})

test('a start or a stop of the whole is what counts', t => {
  const starting: HealthReport = { ...own, status: 'starting', ready: false }
  t.like(mergeHealth(starting, [worker(0), worker(1)]), { status: 'starting', ready: false })
})
