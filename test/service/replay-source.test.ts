import test, { type ExecutionContext } from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { compileCondition } from '../../src/ottl/condition.ts'
import type { Consumer } from '../../src/plugin/consumer.ts'
import type { Plugin } from '../../src/plugin/define-plugin.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import type { ReplayListener, ReplayRange, SourceReplay } from '../../src/plugin/source-replay.ts'
import {
  type ReplayReport,
  type ReplaySourceOptions,
  replaySource,
} from '../../src/service/replay-source.ts'
import { createTestContext, ManualClock, sampleLogs } from '../../src/testing/index.ts'
import { createTestEnds } from '../../src/testing/test-plugins.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { until } from '../helpers/until.ts'

/* With a real source: test/cli/replay.test.ts. */

const RANGES: readonly ReplayRange[] = [
  { partition: 0, from: 5, to: 8 },
  { partition: 1, from: 0, to: 1 },
]

/** A record at each offset, one a batch. */
class FakeReplay implements SourceReplay {
  readonly #next: Consumer
  plans = 0
  closed = 0
  /** Called before each batch. */
  before: (listener: ReplayListener, signal: AbortSignal) => Promise<void> = async () => {}

  constructor(next: Consumer) {
    this.#next = next
  }

  async source(): Promise<string> {
    return 'source'
  }

  async plan(): Promise<readonly ReplayRange[]> {
    this.plans++
    return RANGES
  }

  async run(ranges: readonly ReplayRange[], listener: ReplayListener, signal: AbortSignal) {
    let records = 0
    for (const { partition, from, to } of ranges) {
      for (let offset = from; offset < to; offset++) {
        await this.before(listener, signal)
        await this.#next.consume(sampleLogs([`${partition}/${offset}`]), signal)
        records++
        const counts = { messages: records, records, deadLettered: 0, dropped: 0 }
        await listener.onStep({ partition, done: offset + 1, counts })
      }
    }
  }

  async close(): Promise<void> {
    this.closed++
  }
}

async function setUp() {
  const ends = createTestEnds()
  const made: { prepare: (replay: FakeReplay) => void; last?: FakeReplay } = { prepare: () => {} }
  const plugins = ends.plugins.map((plugin): Plugin => {
    if (plugin.kind !== 'receiver') return plugin
    const replay = (_config: unknown, _context: unknown, next: Consumer): FakeReplay => {
      made.last = new FakeReplay(next)
      made.prepare(made.last)
      return made.last
    }
    return { ...plugin, replay }
  })
  const text = `
receivers: {test: }
exporters: {queued_sink: }
service: {pipelines: {logs: {receivers: [test], exporters: [queued_sink]}}}`
  const { config } = await loadConfig({ sources: [`yaml:${text}`], plugins, env: {} })
  const { logger, metrics } = createTestContext('exporter', 'x')
  const said: string[] = []
  const replay = (options: Partial<ReplaySourceOptions> = {}): Promise<ReplayReport> =>
    replaySource({
      config: config!,
      receiver: 'test',
      request: { topic: 'logs', from: { offset: 0 }, to: { offset: 9 }, name: 'default' },
      timeoutMs: 60_000,
      dryRun: false,
      logger,
      metrics,
      signal: new AbortController().signal,
      onPlan: ranges => said.push(ranges.map(one => `${one.done}-${one.to}`).join(' ')),
      onStep: ({ partition, done }) => said.push(`${partition} at ${done}`),
      onTrouble: detail => said.push(detail ?? 'goes on'),
      ...options,
    })
  return { replay, made, said, bodies: () => ends.sinks.get('queued_sink')?.bodies ?? [] }
}

test('all ranges go through the pipeline, and it ends', async t => {
  const { replay, made, said, bodies } = await setUp()
  const { error, counts, ranges, exporters } = await replay()
  t.is(error, undefined)
  t.deepEqual(bodies(), ['0/5', '0/6', '0/7', '1/0'])
  t.deepEqual(said, ['5-8 0-1', '0 at 6', '0 at 7', '0 at 8', '1 at 1'])
  t.is(counts.records, 4)
  t.deepEqual(
    ranges.map(({ done }) => done),
    [8, 1],
  )
  t.like(exporters[0], { id: 'queued_sink', sent: 4 })
  t.is(made.last?.closed, 1)
})

test('a filter lets through what it holds for, and the rest is counted as left out', async t => {
  const { replay, bodies } = await setUp()
  const steps: number[] = []
  const report = await replay({
    filter: compileCondition('IsMatch(log.body, "^0/[57]")'),
    onStep: ({ counts }) => steps.push(counts.records),
  })
  t.deepEqual(bodies(), ['0/5', '0/7'])
  t.like(report, { counts: { messages: 4, records: 2 }, unmatched: 2 })
  t.deepEqual(steps, [1, 1, 2, 2])
})

test('a dry run reads nothing', async t => {
  const { replay, said, bodies, made } = await setUp()
  await replay({ dryRun: true })
  t.deepEqual(bodies(), [])
  t.deepEqual(said, ['5-8 0-1'])
  t.is(made.last?.closed, 1)
})

/** A replay whose third batch fails. */
async function interrupted(t: ExecutionContext) {
  const all = await setUp()
  const stateFile = `${await tempFolder(t)}/state.json`
  let batches = 0
  all.made.prepare = replay => {
    replay.before = async () => {
      if (++batches === 3) throw PipelineError.permanent('broken')
    }
  }
  const { error } = await all.replay({ stateFile })
  t.is(error?.message, 'broken')
  return { ...all, stateFile }
}

test('what is written down goes on, without asking the source for the range again', async t => {
  const { replay, said, bodies, stateFile, made } = await interrupted(t)
  said.length = 0
  t.is((await replay({ stateFile })).error, undefined)
  t.is(made.last?.plans, 0)
  t.deepEqual(said, ['7-8 0-1', '0 at 8', '1 at 1'])
  t.deepEqual(bodies(), ['0/7', '1/0'])
  const again = await replay({ stateFile })
  t.is(again.counts.records, 0)
})

test('another replay does not use the file', async t => {
  const { replay, stateFile } = await interrupted(t)
  const request = { topic: 'other', from: { offset: 0 }, to: { offset: 9 }, name: 'default' }
  await t.throwsAsync(replay({ stateFile, request }), { message: /of another replay/ })
  const filter = compileCondition('true')
  await t.throwsAsync(replay({ stateFile, filter }), { message: /of another replay/ })
})

test('trouble is told once, and its end', async t => {
  const { replay, made, said } = await setUp()
  let batches = 0
  made.prepare = fake => {
    fake.before = async ({ onTrouble }) => {
      if (batches++ > 0) return
      for (const detail of ['down', 'down', undefined, undefined]) onTrouble(detail)
    }
  }
  await replay()
  t.deepEqual(said.slice(0, 4), ['5-8 0-1', 'down', 'goes on', '0 at 6'])
})

test('without progress it is given up, with what it waited for', async t => {
  const clock = new ManualClock()
  const { replay, made } = await setUp()
  let isWaiting = false
  made.prepare = fake => {
    fake.before = async ({ onTrouble }, signal) => {
      onTrouble('the broker is down')
      isWaiting = true
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as PipelineError))
      })
    }
  }
  const replaying = replay({ clock, timeoutMs: 5000 })
  await until(() => isWaiting)
  await clock.advance(5000)
  const { error } = await replaying
  t.is(error?.message, 'no batch was done for 5 s: the broker is down')
})

test('a rate is kept, and the wait for it is no lack of progress', async t => {
  const clock = new ManualClock()
  const { replay, bodies } = await setUp()
  const replaying = replay({ clock, rate: 0.1, timeoutMs: 5000 })
  for (const count of [1, 2, 3, 4]) {
    await until(() => bodies().length === count && clock.nextInMs === 10_000)
    await clock.advance(10_000)
  }
  t.is((await replaying).error, undefined)
})

test('a signal ends it', async t => {
  const { replay, made } = await setUp()
  const interrupt = new AbortController()
  made.prepare = fake => {
    fake.before = async (_, signal) => {
      interrupt.abort()
      signal.throwIfAborted()
    }
  }
  const { error, counts } = await replay({ signal: interrupt.signal })
  t.truthy(error)
  t.is(counts.messages, 0)
})
