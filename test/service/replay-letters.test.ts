import test, { type ExecutionContext } from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import type { DeadLetter } from '../../src/dead-letter/letter.ts'
import { DeadLetterStore } from '../../src/dead-letter/store.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { type ReplayOptions, replayLetters } from '../../src/service/replay-letters.ts'
import {
  createTestContext,
  type LogSink,
  ManualClock,
  sampleLogs,
} from '../../src/testing/index.ts'
import { createTestEnds } from '../../src/testing/test-plugins.ts'
import { letterOf, lettersIn } from '../helpers/dead-letters.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { NEVER } from '../helpers/verdict.ts'

/* With the real engine: test/plugins/exporters/clickhouse/dead-letters.test.ts. */

async function setUp(t: ExecutionContext, ...letters: readonly DeadLetter[]) {
  const directory = `${await tempFolder(t)}/dead`
  const { logger, metrics } = createTestContext('exporter', 'x')
  const store = new DeadLetterStore({ directory, sizeBytesMax: 1e9, logger })
  await store.start()
  if (letters.length > 0) await store.write(letters, NEVER)
  await store.stop()
  const ends = createTestEnds()
  const text = `
receivers: {test: }
exporters: {queued_sink: {retry_on_failure: {enabled: false}}, queued_sink/b: }
service: {dead_letter: {directory: ${directory}}, pipelines: {logs: {receivers: [test], exporters: [queued_sink, queued_sink/b]}}}`
  const { config } = await loadConfig({ sources: [`yaml:${text}`], plugins: ends.plugins, env: {} })
  /** Called with each exporter as it is made. */
  const made: { prepare: (sink: LogSink, id: string) => void } = { prepare: () => {} }
  const sinks = ends.sinks
  const set = sinks.set.bind(sinks)
  sinks.set = (id, sink) => {
    made.prepare(sink, id)
    return set(id, sink)
  }
  const replay = async (options: Partial<ReplayOptions> = {}): Promise<string[]> => {
    const outcomes: string[] = []
    await replayLetters({
      config: config!,
      directories: [directory],
      filter: {},
      includePartial: false,
      dryRun: false,
      logger,
      metrics,
      signal: NEVER,
      onOutcome: (_letter, outcome) => {
        outcomes.push('detail' in outcome ? `${outcome.kind}: ${outcome.detail}` : outcome.kind)
      },
      onTrouble: trouble => outcomes.push(trouble),
      ...options,
    })
    return outcomes
  }
  return { directory, replay, made, sinks }
}

const to = { destination: 'queued_sink' }

test('each letter goes to its destination, under its origin, and never again', async t => {
  const { replay, sinks } = await setUp(
    t,
    letterOf(['a'], to),
    letterOf(['b'], { destination: 'queued_sink/b' }),
  )
  t.deepEqual(await replay({ dryRun: true }), ['would replay', 'would replay'])
  t.is(sinks.size, 0)
  t.deepEqual(await replay(), ['replayed', 'replayed'])
  t.deepEqual(
    sinks.get('queued_sink')?.batches.map(({ origin }) => origin),
    ['q/a'],
  )
  t.deepEqual(sinks.get('queued_sink/b')?.bodies, ['b'])
  t.deepEqual(await replay(), [])
})

test('another exporter may take them', async t => {
  const { replay, sinks, directory } = await setUp(t, letterOf(['a'], { destination: 'gone' }))
  t.deepEqual(await replay(), [
    'failed: exporter gone is not in the config: name another one with --to',
  ])
  t.deepEqual(await replay({ dryRun: true }), [
    'failed: exporter gone is not in the config: name another one with --to',
  ])
  t.deepEqual(await replay({ to: 'queued_sink' }), ['replayed'])
  t.deepEqual(sinks.get('queued_sink')?.bodies, ['a'])
  t.like((await lettersIn(directory)).letters[0]?.replayed, { exporter: 'queued_sink' })
})

test('only what the filter means is replayed', async t => {
  const { replay } = await setUp(t, letterOf(['a'], to), letterOf(['b'], { ...to, reason: 'x' }))
  t.deepEqual(await replay({ filter: { reason: 'x' } }), ['replayed'])
  t.deepEqual(await replay(), ['replayed'])
})

test('a letter of which nobody knows the refused records is skipped unless it is asked for', async t => {
  const { replay } = await setUp(t, letterOf(['a', 'b'], { ...to, rejectedCount: 1 }))
  t.deepEqual(await replay(), [
    'skipped: rejected 1 of 2, the destination did not say which: add --include-partial to send all of them',
  ])
  t.deepEqual(await replay({ includePartial: true }), ['replayed'])
})

test('a letter that is refused for good fails alone, trouble ends the work of its destination', async t => {
  const { replay, made } = await setUp(
    t,
    letterOf(['bad'], to),
    letterOf(['down'], to),
    letterOf(['good'], to),
  )
  made.prepare = sink => {
    sink.before = batch => {
      if (batch.origin === 'q/bad') throw PipelineError.permanent('no good')
      if (batch.origin === 'q/down') throw PipelineError.retryable('down')
    }
  }
  t.deepEqual(await replay(), [
    'failed: no good',
    'failed: down',
    'failed: not tried: queued_sink has failed before',
  ])
  made.prepare = () => {}
  t.deepEqual(await replay(), ['replayed', 'replayed', 'replayed'])
})

test('what is refused in part leaves a letter about that part', async t => {
  const { replay, made, directory } = await setUp(t, letterOf(['a', 'b', 'c'], to))
  made.prepare = sink => {
    sink.before = batch => {
      const error = PipelineError.permanent('no b', { reason: 'again' })
      const parts = [{ records: batch.slice(1, 2), origin: `${batch.origin}#1`, error }]
      throw PipelineError.permanent('1 of 3', { rejected: { count: 1, parts } })
    }
  }
  t.deepEqual(await replay(), [
    'replayed: 1 of 3 records were refused again and are a letter of their own now: 1 of 3',
  ])
  const open = (await lettersIn(directory)).letters.filter(({ replayed }) => !replayed)
  t.deepEqual(
    open.map(({ metadata }) => [metadata.origin, metadata.reason, metadata.records]),
    [['q/a+b+c#1', 'again', 1]],
  )
})

test('the rate is that of the records', async t => {
  const clock = new ManualClock()
  const letters = ['a', 'b', 'c'].map(name =>
    letterOf([], { ...to, origin: name, records: sampleLogs(Array(10).fill(name)) }),
  )
  const { replay, sinks } = await setUp(t, ...letters)
  let done = false
  const replaying = replay({ rate: 10, clock }).then(() => (done = true))
  const waited: number[] = []
  while (!done) {
    const { nextInMs } = clock
    if (nextInMs === undefined || nextInMs === 0) {
      await new Promise(resolve => setTimeout(resolve, 1))
    } else waited.push(nextInMs)
    await clock.advance(nextInMs ?? 0)
  }
  await replaying
  t.deepEqual(waited, [1000, 1000])
  t.is(sinks.get('queued_sink')?.count, 30)
})

test('an interrupt leaves the rest for the next time', async t => {
  const { replay } = await setUp(t, letterOf(['a'], to), letterOf(['b'], to))
  const interrupt = new AbortController()
  const outcomes = await replay({
    signal: interrupt.signal,
    onOutcome: () => interrupt.abort(),
  })
  t.deepEqual(outcomes, [])
  t.deepEqual(await replay(), ['replayed'])
})
