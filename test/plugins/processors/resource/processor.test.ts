import test from 'ava'
import { resourceProcessor } from '../../../../plugins/processors/resource/index.ts'
import type { LogBatch } from '../../../../src/batch/log-batch.ts'
import { resourceRange } from '../../../../src/batch/log-cursor.ts'
import { buildLogs } from '../../../../src/otlp/build-logs.ts'
import { decodeLogs } from '../../../../src/otlp/decode-logs.ts'
import { encodeLogs } from '../../../../src/otlp/encode-logs.ts'
import { createTestContext, LogSink } from '../../../../src/testing/index.ts'
import { Writer } from '../../../../src/wire/writer.ts'
import { request, scopes } from '../../../helpers/attributes-processor.ts'
import { complaintsOf, configOf, sampleConfigs } from '../../../helpers/plugin-yaml.ts'

async function run(yaml: string, batch: LogBatch): Promise<LogBatch> {
  const sink = new LogSink()
  const context = createTestContext('processor', 'resource')
  const processor = resourceProcessor.create(configOf(resourceProcessor, yaml), context, sink)
  await processor.consume(batch, AbortSignal.timeout(5000))
  return sink.batches[0]!
}

/** Resource attributes of every record after the batch went over the wire. */
function resourcesOf(batch: LogBatch): Record<string, unknown>[] {
  const sent = decodeLogs(encodeLogs(batch), request).batch
  const cursor = sent.cursor()
  return Array.from({ length: sent.count }, (_, i) =>
    Object.fromEntries(cursor.seek(sent.row(i)).resourceAttributes()),
  )
}

test('actions run on every resource, and every record of it sees them', async t => {
  const yaml =
    'attributes: [{key: region, action: upsert, value: eu}, {key: name, action: insert, from_attribute: service.name}, {key: service.name, action: delete}]'
  const result = await run(yaml, buildLogs(scopes, request))
  const shop = { region: 'eu', name: 'shop' }
  const cart = { region: 'eu', name: 'cart' }
  t.deepEqual(resourcesOf(result), [shop, shop, shop, cart, cart, cart])
  t.deepEqual(result.cursor().seek(3).resourceAttributes(), new Map(Object.entries(cart)))
})

test('a resource that is not changed is not copied, and the others are', async t => {
  const yaml = 'attributes: [{key: service.name, action: extract, pattern: "^(?P<first>s)"}]'
  const batch = buildLogs(scopes, request)
  const result = await run(yaml, batch)
  t.deepEqual([...result.resourceOverlay!.keys()], [0])
  t.is(resourceRange(result, 1).bytes, batch.bytes)
})

test('a batch whose resources are not changed goes on as it came', async t => {
  const batch = buildLogs(scopes, request)
  const result = await run('attributes: [{key: nope, action: delete}]', batch)
  t.is(encodeLogs(result), batch.bytes)
})

test('resources that an earlier processor rewrote are worked on as they are now', async t => {
  const once = await run(
    'attributes: [{key: a, action: insert, value: 1}]',
    buildLogs(scopes, request),
  )
  const twice = await run('attributes: [{key: b, action: insert, from_attribute: a}]', once)
  t.deepEqual(resourcesOf(twice)[0], { 'service.name': 'shop', a: 1n, b: 1n })
})

test('selected rows and rewritten records stay as they are', async t => {
  const batch = buildLogs(scopes, request).filter(row => row.bodyText() === 'none')
  const result = await run('attributes: [{key: a, action: insert, value: 1}]', batch)
  t.is(result.count, 2)
  t.deepEqual(
    resourcesOf(result).map(found => found['a']),
    [1n, 1n],
  )
})

test('records without a resource get one', async t => {
  const batch = buildLogs([{ records: [{ body: 'b' }] }], request)
  const result = await run('attributes: [{key: region, action: insert, value: eu}]', batch)
  t.deepEqual(resourcesOf(result), [{ region: 'eu' }])
})

test('entity refs, the dropped count and unknown fields of a resource are kept', async t => {
  const out = new Writer(256)
  const tail = Buffer.from([0x10, 3, 0x1a, 3, 0x12, 1, 0x74, 0xfa, 1, 2, 0xca, 0xfe])
  out.message(0x0a, () => {
    out.message(0x0a, () => out.raw(tail))
    out.message(0x12, () => out.message(0x12, () => out.string(0x1a, 'INFO')))
  })
  const { batch } = decodeLogs(Buffer.from(out.finish()), request)
  const result = await run('attributes: [{key: a, action: insert, value: b}]', batch)
  const { bytes, offset, end } = resourceRange(result, 0)
  t.deepEqual(bytes.subarray(offset, offset + tail.length), tail)
  t.is(end - offset, tail.length + 10)
  t.deepEqual(resourcesOf(result), [{ a: 'b' }])
})

test('every sample config is valid and makes a processor that passes records on', async t => {
  for (const [id, config] of sampleConfigs(resourceProcessor)) {
    const sink = new LogSink()
    const context = createTestContext('processor', id)
    const processor = resourceProcessor.create(config, context, sink)
    await processor.consume(buildLogs(scopes, request), AbortSignal.timeout(5000))
    t.is(sink.count, 6)
  }
})

test('a config without actions is refused', t => {
  t.deepEqual(complaintsOf(resourceProcessor, 'attributes: []'), [
    'attributes: at least one action is needed',
  ])
})
