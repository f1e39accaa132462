import test from 'ava'
import { attributesProcessor } from '../../../../plugins/processors/attributes/index.ts'
import { resourceProcessor } from '../../../../plugins/processors/resource/index.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { encodeLogs } from '../../../../src/otlp/encode-logs.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { createTestContext, LogSink } from '../../../../src/testing/index.ts'
import { attributesOf, request, run, scopes } from '../../../helpers/attributes-processor.ts'
import { configOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'

test('every sample config is valid and makes a processor that passes records on', async t => {
  for (const [id, config] of sampleConfigs(attributesProcessor)) {
    const sink = new LogSink()
    const context = createTestContext('processor', id)
    const processor = attributesProcessor.create(config, context, sink)
    await processor.consume(buildLogs(scopes, request), AbortSignal.timeout(5000))
    t.is(sink.count, 6)
  }
})

test('a batch that no action changes goes on as the bytes that came in', async t => {
  const batch = buildLogs(scopes, request)
  const result = await run(
    'actions: [{key: nope, action: delete}, {key: m, action: insert, value: 1}]\nexclude: {match_type: strict, log_bodies: [none]}',
    batch,
  )
  t.true(result.isUntouched)
  t.is(encodeLogs(result), batch.bytes)
})

test('setting what is already there is no change', async t => {
  const batch = buildLogs([{ records: [{ attributes: { env: 'prod' } }] }], request)
  t.true((await run('actions: [{key: env, action: upsert, value: prod}]', batch)).isUntouched)
})

test('rows that were filtered out stay out, and rows of an earlier overlay are read from it', async t => {
  const batch = buildLogs(scopes, request).filter(row => row.bodyText() !== 'POST /b')
  const once = await run('actions: [{key: m, action: update, value: changed}]', batch)
  const twice = await run('actions: [{key: seen, action: insert, from_attribute: m}]', once)
  t.deepEqual(attributesOf(twice), [
    { m: 'changed', n: 1n, seen: 'changed' },
    {},
    { m: 'changed', n: 1n, seen: 'changed' },
    {},
  ])
})

test('after the resource processor, both kinds of change are there', async t => {
  const sink = new LogSink()
  const resource = resourceProcessor.create(
    configOf(resourceProcessor, 'attributes: [{key: region, action: insert, value: eu}]'),
    createTestContext('processor', 'resource'),
    sink,
  )
  await resource.consume(buildLogs(scopes, request), AbortSignal.timeout(5000))
  const result = await run(
    'actions: [{key: hit, action: insert, value: 1}]\ninclude: {match_type: strict, resources: [{key: region, value: eu}]}',
    sink.batches[0]!,
  )
  t.deepEqual(
    attributesOf(result).map(found => found['hit']),
    [1n, 1n, 1n, 1n, 1n, 1n],
  )
  t.is(result.cursor().seek(0).resourceAttribute('region'), 'eu')
})

test('the verdict of the next stage is the verdict', async t => {
  const sink = new LogSink()
  sink.before = () => {
    throw PipelineError.retryable('queue is full')
  }
  const config = configOf(attributesProcessor, 'actions: [{key: a, action: delete}]')
  const context = createTestContext('processor', 'attributes')
  const processor = attributesProcessor.create(config, context, sink)
  await t.throwsAsync(processor.consume(buildLogs(scopes, request), AbortSignal.timeout(5000)), {
    instanceOf: PipelineError,
    message: 'queue is full',
  })
})
