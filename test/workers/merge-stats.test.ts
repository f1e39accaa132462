import test from 'ava'
import { mergeStats } from '../../src/workers/merge-stats.ts'

const own = {
  version: '1',
  pid: 1,
  uptime_seconds: 10,
  memory: { rss: 1 },
  event_loop_lag_seconds: { p50: 0.1, max: 0.2 },
  receivers: {},
}

test('books add up, by pipeline and by exporter', t => {
  const worker = (records: number) => ({
    pid: 7,
    uptime_seconds: 5,
    pipelines: [{ id: 'logs', in: records, out: records }],
    exporters: [
      { id: 'a', sent: records, ledger: { in: records, sent: records, difference: 0 } },
      ...(records > 2 ? [{ id: 'b', sent: 1 }] : []),
    ],
    receivers: { otlp: { accepted: records, refused: { full: 1 } } },
  })
  t.deepEqual(mergeStats(own, [worker(2), worker(3)]), {
    ...own,
    pipelines: [{ id: 'logs', in: 5, out: 5 }],
    exporters: [
      { id: 'a', sent: 5, ledger: { in: 5, sent: 5, difference: 0 } },
      { id: 'b', sent: 1 },
    ],
    receivers: { otlp: { accepted: 5, refused: { full: 2 } } },
  })
})

test('memory is that of all processes; of a delay the longest counts; words stay', t => {
  const worker = {
    memory: { rss: 2 },
    event_loop_lag_seconds: { p50: 0.05, max: 0.9 },
    door: { refusing: { limiter: 'too much' } },
    exporters: [
      { id: 'a', queue: { sizer: 'bytes', size: 4 }, concurrency: { limit: 2, rtt_ms: 8 } },
    ],
  }
  const slower = {
    ...worker,
    exporters: [{ id: 'a', queue: { sizer: 'bytes', size: 1 }, concurrency: { limit: 3 } }],
  }
  t.like(mergeStats(own, [worker, slower]), {
    memory: { rss: 5 },
    event_loop_lag_seconds: { p50: 0.1, max: 0.9 },
    door: { refusing: { limiter: 'too much' } },
    exporters: [
      { id: 'a', queue: { sizer: 'bytes', size: 5 }, concurrency: { limit: 5, rtt_ms: 8 } },
    ],
  })
})

test('of workers that do not answer nothing is known', t => {
  t.deepEqual(mergeStats(own, []), own)
})
