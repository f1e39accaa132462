import test from 'ava'
import { isWorker } from '../../src/workers/run-worker.ts'
import { startParsec } from '../helpers/parsec-process.ts'

test('a process that nobody has started as a worker is none', t => {
  t.false(isWorker())
})

test('what keeps a worker from starting ends the whole, and is told once', async t => {
  t.timeout(110_000)
  const parsec = startParsec(t, [
    'run',
    '--config',
    `yaml:{ receivers: { otlp: { protocols: { http: { endpoint: "no such host:0" } } } }, exporters: { nop: },
      service: { workers: 2, telemetry: { metrics: { endpoint: "127.0.0.1:0" } },
        pipelines: { logs: { receivers: [otlp], exporters: [nop] } } } }`,
  ])
  t.deepEqual(await parsec.exited, { code: 1, signal: null })
  t.regex(
    parsec.stderr(),
    /^parsec: worker 0: receiver otlp did not start: receivers::otlp::.* is "no such host:0"/m,
  )
  t.is(parsec.stderr().match(/did not start/g)?.length, 1)
})
