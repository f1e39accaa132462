import { readFileSync } from 'node:fs'
import test from 'ava'
import { plugins } from '../plugins/index.ts'
import { buildLogsRequest } from '../src/otlp/build-logs.ts'
import { runPipeline } from '../src/testing/index.ts'

const config = readFileSync('test/fixtures/collector.yaml', 'utf8')

test('a config of the OpenTelemetry Collector runs unchanged', async t => {
  // Both destinations are down: they must neither hold the start nor the sender.
  const run = await runPipeline(t, config, plugins, { stopMs: 100 })
  const receivers = run.pipelines.endpoints().flatMap(({ endpoints }) => endpoints)
  const http = receivers.find(endpoint => endpoint.endsWith('/v1/logs'))
  const answer = await fetch(http!, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: buildLogsRequest([{ records: [{ body: 'as in the Collector' }] }]),
  })
  t.is(answer.status, 200)
  const debug = run.lines.map(line => String(line['msg'])).find(text => text.includes('Body'))
  t.regex(debug ?? '', /as in the Collector/)
})
