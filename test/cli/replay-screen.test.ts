import { PassThrough } from 'node:stream'
import test from 'ava'
import { ReplayScreen } from '../../src/cli/replay-screen.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import type { ReplayReport } from '../../src/service/replay-source.ts'

const RANGES = [
  { partition: 0, from: 5, to: 20, done: 10 },
  { partition: 1, from: 0, to: 7, done: 7, note: 'older ones are gone' },
  { partition: 2, from: 0, to: 3, done: 0 },
]
const REPORT: ReplayReport = {
  ranges: RANGES,
  counts: { messages: 1, records: 2, deadLettered: 3, dropped: 4 },
  unmatched: 5,
  exporters: [],
}

function create(options: {
  readonly name?: string
  readonly state?: string
  readonly dryRun?: boolean
  readonly filter?: { readonly source: string }
}) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const context = { plugins: [], env: {}, stdin: new PassThrough(), stdout, stderr }
  const screen = new ReplayScreen(context, {
    topic: 'logs',
    name: 'default',
    dryRun: false,
    ...options,
  })
  // Newer Node gives one chunk at a time.
  const read = (stream: PassThrough): string => {
    const chunks: unknown[] = []
    for (let chunk: unknown; (chunk = stream.read()) !== null; ) chunks.push(chunk)
    return chunks.join('')
  }
  return { screen, out: () => read(stdout), err: () => read(stderr) }
}

test('the plan says each range, how far it has come, and what is missing', t => {
  const { screen, out, err } = create({ dryRun: true })
  screen.plan(RANGES)
  t.is(
    err(),
    'logs/0: offsets 5 up to 20, done up to 10\nlogs/1: offsets 0 up to 7, done up to 7; older ones are gone\nlogs/2: offsets 0 up to 3\n',
  )
  t.is(out(), 'would replay 13 offsets of 3 partitions\n')
  screen.plan([])
  t.is(out(), 'nothing to replay\n')
  screen.end(REPORT, false)
  t.is(out(), '')
})

test('a replay that stopped says where to go on', t => {
  const error = PipelineError.retryable('gone\u001b[2J')
  const { screen, out, err } = create({ name: 'second' })
  screen.end({ ...REPORT, error }, false)
  t.is(out(), 'replayed 1 message with 2 records, 3 set aside, 4 dropped\n')
  t.is(
    err(),
    'gave up: gone?[2J\nleft: --partition 0 --from 10 --to 20 --name second\nleft: --partition 2 --from 0 --to 3 --name second\n',
  )
  const kept = create({ state: 'file' })
  kept.screen.end({ ...REPORT, error }, true)
  t.is(kept.err(), 'interrupted\nthe same command goes on from there\n')
})

test('a filter is part of what is said', t => {
  const error = PipelineError.retryable('gone')
  const { screen, out, err } = create({ filter: { source: `log.body == "it's"` } })
  screen.end({ ...REPORT, ranges: RANGES.slice(2), error }, false)
  t.is(
    out(),
    'replayed 1 message with 2 records, 5 left out by the filter, 3 set aside, 4 dropped\n',
  )
  t.is(
    err(),
    `gave up: gone\nleft: --partition 2 --from 0 --to 3 --filter 'log.body == "it'\\''s"'\n`,
  )
})

test('trouble and its end are said', t => {
  const { screen, err } = create({})
  screen.trouble('no broker')
  screen.trouble(undefined)
  t.is(err(), 'waits: no broker\ngoes on\n')
})
