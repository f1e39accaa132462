import test from 'ava'
import { plugins } from '../plugins/index.ts'
import { buildLogsRequest } from '../src/otlp/build-logs.ts'
import { decodeLogs } from '../src/otlp/decode-logs.ts'
import { encodeLogs } from '../src/otlp/encode-logs.ts'
import { PipelineError } from '../src/plugin/pipeline-error.ts'
import { runPipeline } from '../src/testing/index.ts'

/*
 * The path of one record, from the socket to two destinations and back to its sender.
 * Read this first; every step names the folder that it happens in.
 */

/** What an SDK would send: one ERROR of the checkout service. */
const request = buildLogsRequest([
  {
    resource: { 'service.name': 'checkout' },
    scopeName: 'com.example.payment',
    records: [
      {
        timeUnixNano: 1_700_000_000_123_456_789n,
        severityNumber: 17,
        severityText: 'ERROR',
        body: 'payment failed',
        attributes: { 'order.id': 4711n, 'card.number': '4111 1111 1111 1111' },
      },
    ],
  },
])

const config = `
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } }
processors:
  attributes: { actions: [{ key: card.number, action: delete }] }
exporters:
  sink/store: {}
  sink/archive: {}
`

test('a record is decoded in place, changed on the side, and acknowledged when it is safe', async t => {
  // otlp/: one pass over the bytes notes where every field lies; nothing is copied.
  const { batch } = decodeLogs(request, { requestId: 'story' })
  const row = batch.cursor().seek(0)
  t.is(row.bodyText(), 'payment failed')
  t.is(row.attribute('order.id'), 4711n)
  t.is(encodeLogs(batch), request, 'an untouched batch is its own encoding: the very same buffer')

  // pipeline/: the config becomes stages, each of which knows only the next one.
  const run = await runPipeline(t, config, plugins)
  const [receiver] = run.pipelines.endpoints()
  const send = (body: Uint8Array): Promise<Response> =>
    fetch(receiver!.endpoints[0]!, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body,
    })

  // plugins/receivers/otlp: the sender hears 200 only when both exporters have the record.
  const accepted = await send(request)
  t.is(accepted.status, 200)
  t.is((await accepted.arrayBuffer()).byteLength, 0, 'all taken: an empty response, as OTLP says')

  // plugins/processors/attributes wrote the changed record beside the bytes that came in ...
  const [stored] = run.sink('sink/store').batches
  const after = stored!.cursor().seek(0)
  t.deepEqual([...after.attributes().keys()], ['order.id'])
  t.is(after.timeUnixNano(), 1_700_000_000_123_456_789n)
  t.is(after.resourceAttribute('service.name'), 'checkout')
  t.deepEqual(stored!.bytes, request, '... which are still the same')

  // pipeline/fan-out: the other exporter got its own view of the same batch.
  t.deepEqual(run.sink('sink/archive').bodies, ['payment failed'])
  t.is(run.sink('sink/archive').batches[0]!.origin, stored!.origin, 'under the same identity')

  // The verdict travels back: a destination that says "later" makes the sender keep its records.
  const later = (): never => {
    throw PipelineError.retryable('the disk is full', { retryAfterMs: 2000 })
  }
  run.sink('sink/store').before = later
  run.sink('sink/archive').before = later
  const refused = await send(request)
  t.is(refused.status, 503)
  t.is(refused.headers.get('retry-after'), '2')

  // And what cannot be read is refused for good, with the place.
  const broken = await send(request.subarray(0, 40))
  t.is(broken.status, 400)
  t.regex(await broken.text(), /bytes past the end at byte \d+/)
})
