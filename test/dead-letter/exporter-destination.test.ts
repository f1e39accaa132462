import test from 'ava'
import { ExporterDestination } from '../../src/dead-letter/exporter-destination.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'
import { LogSink } from '../../src/testing/index.ts'
import { letterOf } from '../helpers/dead-letters.ts'
import { NEVER } from '../helpers/verdict.ts'

test('each letter is a batch for the exporter', async t => {
  const sink = new LogSink()
  const destination = new ExporterDestination('file/dead', sink)
  t.is(destination.name, 'exporter file/dead')
  await destination.write([letterOf(['a', 'b']), letterOf(['c'])], NEVER)
  t.deepEqual(
    sink.batches.map(({ count, origin }) => [count, origin]),
    [
      [2, 'q/a+b'],
      [1, 'q/c'],
    ],
  )
  const cursor = sink.batches[0]!.cursor().seek(0)
  t.is(cursor.resourceAttribute('parsec.dead_letter.reason'), 'rejected')
})

test('what the exporter says of it is the verdict', async t => {
  const sink = new LogSink()
  const down = PipelineError.retryable('down')
  sink.before = () => Promise.reject(down)
  const writing = new ExporterDestination('otlp', sink).write([letterOf(['a'])], NEVER)
  t.is(await t.throwsAsync(writing), down)
})
