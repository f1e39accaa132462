import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { FileQueue } from '../../src/queue/file-queue.ts'
import { runPipeline, sampleLogs } from '../../src/testing/index.ts'
import { tempFolder } from '../helpers/temp-folder.ts'
import { until } from '../helpers/until.ts'

const down = (): never => {
  throw PipelineError.retryable('destination is down')
}

function onDisk(directory: string): string {
  const retry = 'retry_on_failure: {initial_interval: 5ms, max_interval: 5ms}'
  return `exporters: {queued_sink: {${retry}, sending_queue: {storage: file, directory: "${directory}"}}}`
}

/** A directory in which worker 2 has left records. */
async function left(t: ExecutionContext, bodies: readonly string[]): Promise<string> {
  const folder = await tempFolder(t)
  const run = await runPipeline(t, onDisk(join(folder, 'other')))
  run.sink().before = down
  for (const body of bodies) await run.send(sampleLogs([body]))
  await run.stop()
  const directory = join(folder, 'queue')
  await mkdir(directory)
  await rename(join(folder, 'other'), join(directory, 'worker-2'))
  return directory
}

test('what a worker has left that is no more is sent, and its folder is gone', async t => {
  const directory = await left(t, ['a', 'b'])
  const run = await runPipeline(t, onDisk(directory))
  await run.send(sampleLogs(['c']))
  await until(() => run.sink().count === 3)
  t.deepEqual(run.sink().bodies.toSorted(), ['a', 'b', 'c'])
  await until(() => !existsSync(join(directory, 'worker-2')))
  const { ledger } = run.pipelines.stats().exporters[0]!
  t.like(ledger, { in: 1, recovered: 2, sent: 3, queued: 0, difference: 0 })
  t.true(run.lines.some(({ msg }) => /sends what worker 2 has left/.test(String(msg))))
})

test('what cannot be sent now stays for the next time', async t => {
  const directory = await left(t, ['a'])
  const first = await runPipeline(t, onDisk(directory))
  first.sink().before = down
  await until(() => first.pipelines.stats().exporters[0]?.ledger.recovered === 1)
  await first.stop()
  t.like(first.pipelines.stats().exporters[0]?.ledger, { queued: 1, difference: 0 })
  const second = await runPipeline(t, onDisk(directory))
  await until(() => second.sink().count === 1)
  t.deepEqual(second.sink().bodies, ['a'])
})

test('one that another process still has open is tried again', async t => {
  const directory = await left(t, ['a'])
  const other = new FileQueue({
    name: 'old worker',
    directory: join(directory, 'worker-2'),
    sizer: 'bytes',
    capacity: 1e9,
    overflow: 'refuse',
    segmentBytes: 65_536,
    memoryBytes: 1e6,
    sync: true,
    events: { trouble: () => {}, dropped: () => {}, keptAfterAll: () => {} },
  })
  await other.start()
  const run = await runPipeline(t, onDisk(directory))
  await until(() => run.lines.some(({ msg }) => /trying again/.test(String(msg))))
  other.close()
  await other.stop()
  await until(() => run.sink().count === 1)
  t.deepEqual(run.sink().bodies, ['a'])
})

test('bytes that a repair has put aside are not deleted', async t => {
  const directory = await left(t, ['a'])
  const aside = join(directory, 'worker-2', 'damaged')
  await mkdir(aside)
  await writeFile(join(aside, 'bytes'), 'x')
  const run = await runPipeline(t, onDisk(directory))
  await until(() => run.sink().count === 1)
  await run.stop()
  t.deepEqual(await readdir(aside), ['bytes'])
})
