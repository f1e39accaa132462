import test from 'ava'
import type { LogBatch } from '../../src/batch/log-batch.ts'
import { Gate } from '../../src/pipeline/gate.ts'
import type { Consumer } from '../../src/plugin/consumer.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { LogSink, sampleLogs } from '../../src/testing/index.ts'

const { signal } = new AbortController()

/** Holds every batch until it is told what to do with it. */
function holding(): Consumer & { finish: (error?: PipelineError) => void; got: LogBatch[] } {
  const waiting: ((error?: PipelineError) => void)[] = []
  const got: LogBatch[] = []
  return {
    got,
    consume: batch => {
      got.push(batch)
      return new Promise((resolve, reject) => {
        waiting.push(error => (error === undefined ? resolve() : reject(error)))
      })
    },
    finish: error => {
      for (const settle of waiting.splice(0)) settle(error)
    },
  }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('what is under way finishes where it is, later batches go to the new consumer', async t => {
  const [old, now] = [holding(), new LogSink()]
  const gate = new Gate(old)
  const first = gate.consume(sampleLogs(['a']), signal)
  let idle = false
  const left = gate.open(now).then(() => (idle = true))
  await gate.consume(sampleLogs(['b']), signal)
  t.deepEqual(now.bodies, ['b'])
  t.false(idle)
  old.finish()
  await Promise.all([first, left])
  t.is(old.got.length, 1)
})

test('while it is closed batches wait, each as long as its sender', async t => {
  const [old, now] = [new LogSink(), new LogSink()]
  const gate = new Gate(old)
  await gate.close()
  const patient = gate.consume(sampleLogs(['a']), signal)
  const sender = new AbortController()
  const impatient = gate.consume(sampleLogs(['b']), sender.signal)
  sender.abort()
  t.like(await t.throwsAsync(impatient), { code: 'cancelled', retryable: true })
  await gate.open(now)
  await patient
  t.deepEqual([old.bodies, now.bodies], [[], ['a']])
})

test('a batch that the old consumer gives back is given to the new one', async t => {
  const [old, now] = [holding(), new LogSink()]
  const gate = new Gate(old)
  const sent = gate.consume(sampleLogs(['a']), signal)
  const idle = gate.close()
  old.finish(PipelineError.retryable('shutting down'))
  await idle
  await gate.open(now)
  await sent
  t.deepEqual(now.bodies, ['a'])
})

test('a refusal for good is final, and so is any without a change', async t => {
  const [old, now] = [holding(), new LogSink()]
  const gate = new Gate(old)
  const refused = gate.consume(sampleLogs(['a']), signal)
  old.finish(PipelineError.retryable('full'))
  await t.throwsAsync(refused, { message: 'full' })
  const bad = gate.consume(sampleLogs(['b']), signal)
  await turn()
  void gate.open(now)
  old.finish(PipelineError.permanent('bad'))
  await t.throwsAsync(bad, { message: 'bad' })
  t.is(now.count, 0)
})

test('a sender that left is not sent on to the new consumer', async t => {
  const [old, now] = [holding(), new LogSink()]
  const gate = new Gate(old)
  const sender = new AbortController()
  const sent = gate.consume(sampleLogs(['a']), sender.signal)
  void gate.open(now)
  sender.abort()
  old.finish(PipelineError.retryable('shutting down'))
  await t.throwsAsync(sent)
  t.is(now.count, 0)
})

test('opened and closed again before a waiting batch could pass, it goes on waiting', async t => {
  const [first, second] = [new LogSink(), new LogSink()]
  const gate = new Gate()
  const sent = gate.consume(sampleLogs(['a']), signal)
  void gate.open(first)
  void gate.close()
  await turn()
  await gate.open(second)
  await sent
  t.deepEqual([first.bodies, second.bodies], [[], ['a']])
})
