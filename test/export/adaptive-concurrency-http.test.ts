import test from 'ava'
import { otlpHttpExporter } from '../../plugins/exporters/otlp_http/index.ts'
import { runPipeline, sampleLogs } from '../../src/testing/index.ts'
import { startHttpServer } from '../helpers/http-server.ts'

const BATCHES = 300
const AT_ONCE_MAX = 3

test('a real server that takes three at once gets about three at once, and everything', async t => {
  let inFlight = 0
  const answers: number[] = []
  const server = await startHttpServer(t, async () => {
    inFlight++
    const taken = inFlight <= AT_ONCE_MAX
    if (taken) await new Promise(resolve => setTimeout(resolve, 20))
    inFlight--
    answers.push(taken ? 200 : 503)
    return { status: taken ? 200 : 503 }
  })
  const run = await runPipeline(
    t,
    `
exporters:
  otlp_http:
    endpoint: ${server.url}
    sending_queue: {num_consumers: 20}
    retry_on_failure: {initial_interval: 20ms, max_interval: 100ms}
`,
    [otlpHttpExporter],
  )
  for (let i = 0; i < BATCHES; i++) await run.send(sampleLogs(['x']))
  // To stop earlier would be to give up: a stop makes one last try.
  while (run.pipelines.stats().exporters[0]?.sent !== BATCHES) {
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  t.is(answers.filter(status => status === 200).length, BATCHES)
  const [stats] = run.pipelines.stats().exporters
  t.like(stats, { sent: BATCHES, dropped: 0, concurrency: { limit_max: 20, in_flight: 0 } })
  const lower = stats?.concurrency?.limit ?? 20
  t.true(lower < 10, String(lower))
  t.log(`limit ${lower} at the end, ${answers.length - BATCHES} of ${answers.length} refused`)
})
