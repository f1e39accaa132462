import test from 'ava'
import { Ledger } from '../../src/export/ledger.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { LogSink } from '../../src/testing/log-sink.ts'
import { sampleLogs } from '../../src/testing/sample-logs.ts'
import { NEVER } from '../helpers/verdict.ts'

const NOTHING = { sent: 0, dead_lettered: 0, queued: 0 }

test('what came in and is nowhere is the difference', t => {
  const ledger = new Ledger()
  ledger.in = 10
  ledger.recovered = 5
  ledger.dropped = 1
  ledger.returned = 2
  const stats = ledger.stats({ sent: 4, dead_lettered: 3, queued: 2 })
  t.like(stats, { in: 10, recovered: 5, difference: 3 })
})

test('records are under way until there is a verdict', async t => {
  const ledger = new Ledger()
  const sink = new LogSink()
  sink.before = () => void t.is(ledger.inFlight, 2)
  await ledger.entry(sink).consume(sampleLogs(['a', 'b']), NEVER)
  t.is(ledger.inFlight, 0)
  t.like(ledger.stats({ ...NOTHING, sent: 2 }), { in: 2, returned: 0, difference: 0 })
})

test('what is refused is with its sender', async t => {
  const ledger = new Ledger()
  const sink = new LogSink()
  sink.before = () => {
    throw PipelineError.retryable('not now')
  }
  await t.throwsAsync(ledger.entry(sink).consume(sampleLogs(['a', 'b']), NEVER))
  t.like(ledger.stats(NOTHING), { in: 2, returned: 2, difference: 0 })
})

test('a batch without records is no business of anybody', async t => {
  const sink = new LogSink()
  await new Ledger().entry(sink).consume(sampleLogs([]), NEVER)
  t.is(sink.batches.length, 0)
})

test('of a batch that was refused in part only that part is with its sender', async t => {
  const ledger = new Ledger()
  const sink = new LogSink()
  sink.before = () => Promise.reject(PipelineError.permanent('no', { rejected: { count: 1 } }))
  await t.throwsAsync(ledger.entry(sink).consume(sampleLogs(['a', 'b', 'c']), NEVER))
  t.like(ledger.stats({ ...NOTHING, sent: 2 }), { in: 3, returned: 1, difference: 0 })
})

test('what goes past the queue is booked, too', async t => {
  const ledger = new Ledger()
  const sink = new LogSink()
  sink.before = () => void t.is(ledger.directInFlight, 2)
  await ledger.direct(sink).consume(sampleLogs(['a', 'b']), NEVER)
  t.like(ledger, { in: 2, directInFlight: 0, inFlight: 0 })
  sink.before = () => Promise.reject(PipelineError.retryable('not now'))
  await t.throwsAsync(ledger.direct(sink).consume(sampleLogs(['c']), NEVER))
  t.like(ledger.stats({ ...NOTHING, sent: 2 }), { in: 3, returned: 1, difference: 0 })
})
