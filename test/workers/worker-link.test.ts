import test from 'ava'
import { describeEnd, WorkerLink } from '../../src/workers/worker-link.ts'
import { forkWorker, workerStart } from '../helpers/fork-worker.ts'

test('a worker says that it has started, answers, and ends when told', async t => {
  const link = new WorkerLink(forkWorker(t), workerStart())
  const endpoints = [{ label: 'worker', endpoints: [String(link.pid)] }]
  t.deepEqual(await link.started, endpoints)
  t.like(await link.ask({ what: 'health' }, 60_000), { ready: true, since: '1' })
  link.stop()
  t.deepEqual(await link.ended, { code: 0, signal: null, fault: undefined })
  await t.throwsAsync(link.ask({ what: 'health' }, 60_000), { message: 'the worker has ended' })
})

test('what it refuses, does not answer, or leaves unanswered at its end is an error', async t => {
  const link = new WorkerLink(forkWorker(t), workerStart())
  await link.started
  const config = { entries: [] }
  await t.throwsAsync(link.ask({ what: 'reload', config }, 60_000), { message: 'not this config' })
  await t.throwsAsync(link.ask({ what: 'stats' }, 20), {
    message: 'the worker has not answered within 20 ms',
  })
  const unanswered = link.ask({ what: 'stats' }, 60_000)
  link.kill()
  await t.throwsAsync(unanswered, { message: 'was killed by SIGKILL' })
  t.deepEqual(await link.ended, { code: null, signal: 'SIGKILL', fault: undefined })
})

test('what kept it from starting is the error of the start', async t => {
  const link = new WorkerLink(forkWorker(t), workerStart('cannot start'))
  await t.throwsAsync(link.started, { message: 'the port is taken' })
  t.deepEqual(await link.ended, { code: 1, signal: null, fault: 'the port is taken' })
})

test('what it counted is known when it could say so before its end', async t => {
  const link = new WorkerLink(forkWorker(t), workerStart('ends'))
  await link.ended
  t.like(link.lastMetrics?.[0], { name: 'a_total', values: [{ value: 5 }] })
})

test('an end is told by its cause', t => {
  t.is(describeEnd({ code: 1, signal: null, fault: undefined }), 'ended with exit code 1')
  t.is(describeEnd({ code: null, signal: 'SIGSEGV', fault: undefined }), 'was killed by SIGSEGV')
  t.is(describeEnd({ code: 1, signal: null, fault: 'no disk' }), 'no disk')
})
