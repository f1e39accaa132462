import test from 'ava'
import { identityOf } from '../../src/batch/identity.ts'
import { compileCondition } from '../../src/ottl/condition.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { ReplayFilter } from '../../src/service/replay-filter.ts'
import { bodiesOf, LogSink, sampleLogs } from '../../src/testing/index.ts'

const never = new AbortController().signal

function create(condition: string) {
  const sink = new LogSink()
  const filter = new ReplayFilter(compileCondition(condition), sink)
  const send = (...bodies: string[]): Promise<void> =>
    filter.consume(sampleLogs(bodies).with({ origin: 'range' }), never)
  return { sink, filter, send }
}

test('what matches goes on, the rest is counted', async t => {
  const { sink, filter, send } = create('log.body == "a"')
  await send('a', 'b', 'a', 'c')
  t.deepEqual(sink.bodies, ['a', 'a'])
  t.is(filter.unmatched, 2)
  await send('b')
  t.is(sink.batches.length, 1)
  t.is(filter.unmatched, 3)
})

test('the identity is that of the records, however they were chosen', async t => {
  const identity = async (condition: string): Promise<string> => {
    const { sink, send } = create(condition)
    await send('a', 'b', 'c')
    return identityOf(sink.batches[0]!)
  }
  const one = await identity('log.body == "a"')
  t.regex(one, /^range\/[0-9a-f]{16}$/)
  t.is(await identity('not (log.body == "b" or log.body == "c")'), one)
  t.not(await identity('log.body == "b"'), one)
  t.is(await identity('true'), 'range')
})

test('a refusal for good is about what was sent, not about the rest', async t => {
  const { sink, filter, send } = create('log.body == "a"')
  sink.before = () => {
    throw PipelineError.permanent('too old', { reason: 'age' })
  }
  const error = await t.throwsAsync(send('a', 'b', 'a'), { instanceOf: PipelineError })
  const { rejected, reason } = error as PipelineError
  t.is(reason, 'age')
  t.is(rejected?.count, 2)
  const [part] = rejected!.parts!
  t.deepEqual(bodiesOf(part!.records), ['a', 'a'])
  t.is(part!.origin, identityOf(part!.records))
  t.is(part!.error.message, 'too old')
  t.is(filter.unmatched, 1)
})

test('one that says which records, or is of the whole batch, stays as it is', async t => {
  const { sink, send } = create('log.body != "b"')
  const error = PipelineError.permanent('some', { rejected: { count: 1 } })
  sink.before = () => {
    throw error
  }
  t.is(await t.throwsAsync(send('a', 'b')), error)
  const whole = PipelineError.permanent('all')
  sink.before = () => {
    throw whole
  }
  t.is(await t.throwsAsync(send('a', 'c')), whole)
})

test('a batch that is tried again counts once', async t => {
  const { sink, filter, send } = create('log.body == "a"')
  const full = PipelineError.retryable('full')
  sink.before = () => {
    throw full
  }
  t.is(await t.throwsAsync(send('a', 'b')), full)
  t.is(filter.unmatched, 0)
  sink.before = undefined
  await send('a', 'b')
  t.is(filter.unmatched, 1)
})
