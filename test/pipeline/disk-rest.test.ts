import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { runPipeline, sampleLogs } from '../../src/testing/index.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { until } from '../helpers/until.ts'

const down = (): never => {
  throw PipelineError.retryable('destination is down')
}

function onDisk(directory: string, keys = ''): string {
  const retry = 'retry_on_failure: {initial_interval: 5ms, max_interval: 5ms}'
  return `exporters: {queued_sink: {${retry}, sending_queue: {storage: file, directory: "${directory}"${keys}}}}`
}

async function start(t: ExecutionContext, stopMs = 10_000) {
  const folder = await tempFolder(t)
  const directory = join(folder, 'a')
  const run = await runPipeline(t, onDisk(directory), [], { stopMs })
  const sink = run.sink()
  sink.before = down
  for (const body of ['a', 'b', 'c']) await run.send(sampleLogs([body]))
  const waits = (): boolean => run.lines.some(({ msg }) => /leaves records/.test(String(msg)))
  return { run, sink, folder, directory, waits }
}

test('a queue on disk goes on in the same directory with another config', async t => {
  const { run, sink, directory, waits } = await start(t)
  await run.reload(onDisk(directory, ', queue_size: 1MiB'))
  await run.send(sampleLogs(['d']))
  t.is(sink.count, 0)
  sink.before = undefined
  await until(() => sink.count >= 4)
  await run.stop()
  t.deepEqual(sink.bodies.toSorted(), ['a', 'b', 'c', 'd'])
  t.false(waits())
  const { ledger } = run.pipelines.stats().exporters[0]!
  t.like(ledger, { in: 4, recovered: 0, sent: 4, queued: 0, difference: 0 })
})

test('batches that come in while the queue is exchanged wait and are neither refused nor lost', async t => {
  const { run, sink, directory } = await start(t)
  sink.before = undefined
  let done = false
  const sent: string[] = []
  const sending = (async () => {
    for (let i = 0; !done; i++) {
      await run.send(sampleLogs([`${i}`]))
      sent.push(`${i}`)
      await new Promise(resolve => setImmediate(resolve))
    }
  })()
  for (const size of [1, 2, 3]) await run.reload(onDisk(directory, `, queue_size: ${size}MiB`))
  done = true
  await sending
  await until(() => sink.count >= sent.length + 3)
  await run.stop()
  t.deepEqual(sink.bodies.toSorted(), ['a', 'b', 'c', ...sent].toSorted())
})

test('a queue that moves to another directory sends what the old one holds', async t => {
  const { run, sink, folder, waits } = await start(t)
  const reloaded = run.reload(onDisk(join(folder, 'b')))
  while (run.pipelines.stats().exporters[0]?.queue?.items !== 0) {
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  sink.before = undefined
  await reloaded
  t.deepEqual(sink.bodies.toSorted(), ['a', 'b', 'c'])
  t.false(waits())
})

test('what an exporter that is removed cannot send stays on disk, and is told and found again', async t => {
  const { run, sink, directory, waits } = await start(t, 200)
  await run.reload('exporters: {sink: }')
  t.true(waits())
  t.is(sink.count, 0)
  await run.reload(onDisk(directory))
  const later = run.sink('queued_sink')
  await until(() => later.count >= 3)
  t.deepEqual(later.bodies.toSorted(), ['a', 'b', 'c'])
})

test('a queue whose new directory cannot be had goes on in the old one', async t => {
  const { run, sink, directory } = await start(t)
  await t.throwsAsync(run.reload(onDisk('/dev/null/queue')), {
    message: /^sending queue of exporter queued_sink did not start: /,
  })
  sink.before = undefined
  await until(() => sink.count >= 3)
  await t.notThrowsAsync(run.reload(onDisk(directory)))
})
