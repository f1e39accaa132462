import { once } from 'node:events'
import test from 'ava'
import { WorkerLink } from '../../src/workers/worker-link.ts'
import { forkWorker, workerStart } from '../helpers/fork-worker.ts'

test('a worker whose primary is gone hears so, and can end in its own time', async t => {
  const child = forkWorker(t)
  const link = new WorkerLink(child, workerStart())
  await link.started
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.disconnect()
  t.deepEqual(await link.ended, { code: 0, signal: null, fault: undefined })
  if (child.stdout?.readableEnded === false) await once(child.stdout, 'end')
  t.is(said, 'alone\n')
})

test('SIGTERM to a worker ends it in order; Ctrl-C is for the primary alone', async t => {
  const child = forkWorker(t)
  const link = new WorkerLink(child, workerStart())
  await link.started
  child.kill('SIGINT')
  child.kill('SIGHUP')
  t.like(await link.ask({ what: 'health' }, 60_000), { ready: true })
  child.kill('SIGTERM')
  t.like(await link.ended, { code: 0, signal: null })
})
