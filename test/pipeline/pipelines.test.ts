import test from 'ava'
import fc from 'fast-check'
import { z } from 'zod'
import type { Plugin } from '../../src/plugin/define-plugin.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { bodiesOf, ManualClock, runPipeline, sampleLogs } from '../../src/testing/index.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { until } from '../helpers/until.ts'

const down = (): never => {
  throw PipelineError.retryable('destination is down', { reason: 'down' })
}
const hang = (): Promise<void> => new Promise(() => {})
/** A manual clock never fires the timers of a queue that a test does not want to wait for. */
const frozen = { clock: new ManualClock() }

test('without a queue a record is at its exporter when the ack comes', async t => {
  const run = await runPipeline(t, '')
  await run.send(sampleLogs(['a', 'b']))
  t.deepEqual(run.sink().bodies, ['a', 'b'])
})

test('without a queue the sender hears what the destination says', async t => {
  const run = await runPipeline(t, '')
  run.sink().before = () => {
    throw PipelineError.permanent('too old', { reason: 'too_old' })
  }
  const error = await t.throwsAsync(run.send(sampleLogs(['a'])), { instanceOf: PipelineError })
  t.like(error, { retryable: false, reason: 'too_old' })
})

test('with a queue the ack does not wait for the destination', async t => {
  const run = await runPipeline(t, 'exporters: {queued_sink: }')
  run.sink().before = hang
  await run.send(sampleLogs(['a']))
  t.is(run.sink().count, 0)
  t.is(run.pipelines.stats().exporters[0]?.queue?.items, 1)
  await run.stop(AbortSignal.abort())
})

test('with wait_for_result it does, and the verdict is that of the destination', async t => {
  const run = await runPipeline(
    t,
    'exporters: {queued_sink: {sending_queue: {wait_for_result: true}}}',
  )
  run.sink().before = batch => {
    if (bodiesOf(batch).includes('bad')) throw PipelineError.permanent('no', { reason: 'bad' })
  }
  await run.send(sampleLogs(['good']))
  t.deepEqual(run.sink().bodies, ['good'])
  const error = await t.throwsAsync(run.send(sampleLogs(['bad'])), { instanceOf: PipelineError })
  t.like(error, { retryable: false, reason: 'bad' })
})

test('a destination that is down for a while loses nothing, and the status says so', async t => {
  const clock = new ManualClock()
  const run = await runPipeline(t, 'exporters: {queued_sink: }', [], { clock })
  run.sink().before = down
  for (const body of ['a', 'b', 'c']) await run.send(sampleLogs([body]))
  await clock.advance(120_000)
  t.like(run.statusBoard.report()[0], {
    status: 'recoverable_error',
    detail: 'destination is down',
  })
  run.sink().before = undefined
  await clock.advance(60_000)
  t.deepEqual(run.sink().bodies.toSorted(), ['a', 'b', 'c'])
  t.is(run.statusBoard.report()[0]?.status, 'ok')
  t.is(run.pipelines.stats().exporters[0]?.queue?.size, 0)
})

test('a full queue refuses retryably and says when to come back', async t => {
  const run = await runPipeline(
    t,
    'exporters: {queued_sink: {sending_queue: {sizer: items, queue_size: 3}}}',
  )
  run.sink().before = hang
  await run.send(sampleLogs(['a', 'b']))
  const error = await t.throwsAsync(run.send(sampleLogs(['c', 'd'])), { instanceOf: PipelineError })
  t.like(error, { code: 'unavailable', retryable: true, reason: 'queue_full' })
  t.true((error.retryAfterMs ?? 0) >= 1000)
  t.regex(
    await run.metrics.registry.metrics(),
    /enqueue_failed_log_records_total\{exporter="queued_sink",reason="queue_full"\} 2/,
  )
  await run.stop(AbortSignal.abort())
})

test('a sender that never stops cannot fill the memory', async t => {
  const queue = '{queue_size: 1MiB, num_consumers: 1}'
  const run = await runPipeline(t, `exporters: {queued_sink: {sending_queue: ${queue}}}`)
  run.sink().before = hang
  let refused = 0
  for (let i = 0; i < 3000; i++) {
    await run.send(sampleLogs(['x'.repeat(1000)])).catch(() => refused++)
    t.true((run.pipelines.stats().exporters[0]?.queue?.bytes ?? 0) <= 1024 ** 2)
  }
  t.true(refused > 1500)
  await run.stop(AbortSignal.abort())
})

test('one dead destination does not hold up another one', async t => {
  const run = await runPipeline(t, 'exporters: {queued_sink/dead: , queued_sink/well: }')
  run.sink('queued_sink/dead').before = down
  await run.send(sampleLogs(['a']))
  await run.send(sampleLogs(['b']))
  await run.stop()
  t.deepEqual(run.sink('queued_sink/well').bodies.toSorted(), ['a', 'b'])
})

for (const batch of ['', ', batch: {min_size: 50, flush_timeout: 1h}']) {
  const title = batch === '' ? 'single batches' : 'joined batches'
  test(`a stop under load loses nothing that was acknowledged: ${title}`, async t => {
    const queue = `{num_consumers: 3${batch}}`
    const run = await runPipeline(t, `exporters: {queued_sink: {sending_queue: ${queue}}}`)
    run.sink().before = () => new Promise(resolve => setTimeout(resolve, 2))
    const acknowledged: string[] = []
    let stopping = false
    const sender = async (name: number): Promise<void> => {
      for (let i = 0; !stopping || i < 20; i++) {
        const bodies = [`${name}-${i}-a`, `${name}-${i}-b`]
        try {
          await run.send(sampleLogs(bodies))
          acknowledged.push(...bodies)
        } catch (error) {
          if (PipelineError.from(error).reason === 'shutting_down') return
          throw error
        }
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    const senders = [1, 2, 3].map(sender)
    await until(() => acknowledged.length > 0)
    stopping = true
    await run.stop()
    await Promise.all(senders)
    t.true(acknowledged.length > 0)
    t.deepEqual(run.sink().bodies.toSorted(), acknowledged.toSorted())
    t.is(run.pipelines.stats().exporters[0]?.queue?.size, 0)
  })
}

test('a stop while the destination fails gives every batch one last try', async t => {
  const run = await runPipeline(t, 'exporters: {queued_sink: }', [], frozen)
  run.sink().before = down
  await run.send(sampleLogs(['a']))
  await new Promise(resolve => setImmediate(resolve))
  run.sink().before = undefined
  await run.stop()
  t.deepEqual(run.sink().bodies, ['a'])
})

test('an exporter that hangs cannot hold up the stop; what it loses is counted and logged', async t => {
  const run = await runPipeline(t, 'exporters: {queued_sink: {timeout: 0s}}')
  run.sink().before = hang
  await run.send(sampleLogs(['a', 'b']))
  const startMs = performance.now()
  await run.stop(AbortSignal.timeout(50))
  t.true(performance.now() - startMs < 10_000)
  const metrics = await run.metrics.registry.metrics()
  t.regex(metrics, /dropped_log_records_total\{component="queued_sink",reason="shutdown"\} 2/)
  t.true(run.lines.some(line => line['level'] === 50 && line['records'] === 2))
  t.is(run.pipelines.stats().exporters[0]?.dropped, 2)
})

test('with wait_for_result nothing is lost by a stop that comes too late: the sender keeps it', async t => {
  const queue = '{wait_for_result: true}'
  const run = await runPipeline(
    t,
    `exporters: {queued_sink: {timeout: 0s, sending_queue: ${queue}}}`,
  )
  run.sink().before = hang
  const sent = run.send(sampleLogs(['a'])).catch((error: unknown) => error)
  await new Promise(resolve => setImmediate(resolve))
  await run.stop(AbortSignal.abort())
  t.like(await sent, { retryable: true, reason: 'shutdown' })
  t.is(run.pipelines.stats().exporters[0]?.dropped, 0)
})

test('with wait_for_result a batch that no sender waits for is not tried for ever', async t => {
  const clock = new ManualClock()
  const queue = '{wait_for_result: true, num_consumers: 1}'
  const run = await runPipeline(t, `exporters: {queued_sink: {sending_queue: ${queue}}}`, [], {
    clock,
  })
  run.sink().before = down
  const senders = [new AbortController(), new AbortController()]
  const sent = senders.map((sender, i) =>
    run.send(sampleLogs([`${i}`]), sender.signal).catch((error: unknown) => error),
  )
  await clock.advance(1000)
  for (const sender of senders) sender.abort()
  for (const error of await Promise.all(sent)) t.like(error, { code: 'cancelled' })
  await clock.advance(1)
  t.is(run.pipelines.stats().exporters[0]?.queue?.size, 0)
  run.sink().before = undefined
  await clock.advance(600_000)
  t.is(run.sink().count, 0, 'the senders will bring these records again')
})

test('after a stop senders are refused retryably', async t => {
  const run = await runPipeline(t, 'exporters: {queued_sink: }')
  await run.stop()
  const error = await t.throwsAsync(run.send(sampleLogs(['a'])), { instanceOf: PipelineError })
  t.like(error, { retryable: true, reason: 'shutting_down' })
})

test('an exception in a plugin refuses that batch only', async t => {
  const fragile: Plugin = {
    kind: 'processor',
    type: 'fragile',
    stability: 'stable',
    summary: 'Test.',
    config: z.strictObject({}),
    create: (_config, _context, next) => ({
      consume: (batch, signal) => {
        if (bodiesOf(batch).includes('boom')) throw new TypeError('cannot read x of undefined')
        return next.consume(batch, signal)
      },
    }),
  }
  const run = await runPipeline(t, 'processors: {fragile: }', [fragile])
  const error = await t.throwsAsync(run.send(sampleLogs(['boom'])), { instanceOf: PipelineError })
  t.like(error, { code: 'internal', retryable: true })
  await run.send(sampleLogs(['fine']))
  t.deepEqual(run.sink().bodies, ['fine'])
  t.is(run.lines.filter(line => line['err'] !== undefined).length, 1)
})

test('a queue in memory says once what it does not promise', async t => {
  const config =
    'exporters: {queued_sink: , queued_sink/safe: {sending_queue: {wait_for_result: true}}}'
  const run = await runPipeline(t, config)
  const warnings = run.lines.filter(line => String(line['msg']).includes('survive a crash'))
  t.deepEqual(
    warnings.map(line => line['component']),
    ['queued_sink'],
  )
})

test('what a queue on disk has not sent is sent by the next process', async t => {
  const directory = await tempFolder(t)
  const config = `exporters: {queued_sink: {sending_queue: {storage: file, directory: ${directory}/q}}}`
  const first = await runPipeline(t, config)
  first.sink('queued_sink').before = down
  await first.send(sampleLogs(['a', 'b']))
  await first.stop()
  const second = await runPipeline(t, config)
  await until(() => second.sink('queued_sink').count >= 2)
  t.deepEqual(second.sink('queued_sink').bodies, ['a', 'b'])
})

test('two pipelines of one receiver into one exporter give the same records two identities', async t => {
  const run = await runPipeline(
    t,
    `
receivers: {test: }
exporters: {sink: }
service:
  pipelines:
    logs/a: {receivers: [test], exporters: [sink]}
    logs/b: {receivers: [test], exporters: [sink]}
`,
  )
  await run.send(sampleLogs(['a']).with({ origin: 'o' }))
  const origins = new Set(run.sink().batches.map(batch => batch.origin))
  t.deepEqual(origins, new Set(['o@logs/a', 'o@logs/b']))
})

test('in the end every record is sent, refused or dropped, whatever the destination does', async t => {
  const answer = fc.constantFrom('ok', 'ok', 'retry', 'never')
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 30 })
  const batching = fc.constantFrom('', ', batch: {min_size: 7, max_size: 10, flush_timeout: 1ms}')
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.array(answer, { minLength: 1 }),
      batching,
      async (counts, answers, batch) => {
        const run = await runPipeline(
          t,
          `exporters:
  queued_sink:
    sending_queue: {sizer: items, queue_size: 40, num_consumers: 2${batch}}
    retry_on_failure: {initial_interval: 1ms, max_interval: 1ms}`,
        )
        let tries = 0
        run.sink().before = async () => {
          const now = answers[tries++ % answers.length]
          await new Promise(resolve => setImmediate(resolve))
          if (now === 'retry' && tries < 200) down()
          if (now === 'never') throw PipelineError.permanent('never')
        }
        const outcomes = await Promise.all(
          counts.map((count, sender) => {
            const bodies = Array.from({ length: count }, (_, i) => `${sender}-${i}`)
            return run.send(sampleLogs(bodies)).then(
              () => ({ count, accepted: true }),
              () => ({ count, accepted: false }),
            )
          }),
        )
        await run.stop()
        const sum = (accepted: boolean): number =>
          outcomes.filter(one => one.accepted === accepted).reduce((all, one) => all + one.count, 0)
        const { pipelines, exporters } = run.pipelines.stats()
        const [{ in: taken, out, refused }] = pipelines as [(typeof pipelines)[0]]
        const [{ sent, dropped, queue }] = exporters as [(typeof exporters)[0]]
        t.deepEqual(
          { taken, out, refused },
          { taken: sum(true), out: sum(true), refused: sum(false) },
        )
        t.is(sent + dropped, taken)
        t.is(run.sink().count, sent)
        t.is(new Set(run.sink().bodies).size, sent)
        t.is(queue?.size, 0)
      },
    ),
    { numRuns: 40 },
  )
})
