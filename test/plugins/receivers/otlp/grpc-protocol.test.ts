import { type ServiceError, status } from '@grpc/grpc-js'
import test from 'ava'
import { buildLogsRequest } from '../../../../src/otlp/build-logs.ts'
import { decodeExportResponse } from '../../../../src/otlp/export-response.ts'
import { decodeRpcStatus } from '../../../../src/otlp/rpc-status.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'
import { call, counted, startReceiver } from '../../../helpers/otlp-receiver.ts'

const good = buildLogsRequest([{ records: [{ body: 'hello' }] }])

for (const [what, message, gzip, bodies] of [
  ['a request', good, false, ['hello']],
  ['a request in gzip', good, true, ['hello']],
  ['an empty request', Buffer.alloc(0), false, []],
] as const) {
  test(`${what} is answered with an empty response`, async t => {
    const receiver = await startReceiver(t, { grpc: {} })
    t.is((await call(receiver, message, { gzip })).length, 0)
    t.deepEqual(receiver.sink.bodies, bodies)
    t.is(await counted(receiver, 'receiverAccepted', 'grpc'), bodies.length)
  })
}

const wrong = test.macro(
  async (t, message: Buffer, service: string | undefined, code: status, details: string) => {
    const receiver = await startReceiver(t, { grpc: { max_recv_msg_size_mib: 1 } })
    const error = await t.throwsAsync<ServiceError>(
      call(receiver, message, service === undefined ? {} : { service }),
    )
    t.deepEqual([error?.code, error?.details], [code, details])
    t.is(receiver.sink.batches.length, 0)
    t.is((await call(receiver, good)).length, 0)
  },
)
const cut = Buffer.from([0x0a, 0x7f])
const CUT = 'resource_logs: length 127 runs 127 bytes past the end at byte 1'
test('cut short', wrong, cut, undefined, status.INVALID_ARGUMENT, CUT)
const ONLY = 'only logs are received by this endpoint yet'
test('traces', wrong, good, 'trace.v1.TraceService', status.UNIMPLEMENTED, ONLY)
test('metrics', wrong, good, 'metrics.v1.MetricsService', status.UNIMPLEMENTED, ONLY)
const PROFILES = 'profiles.v1development.ProfilesService'
test('profiles', wrong, good, PROFILES, status.UNIMPLEMENTED, ONLY)
const NOT_THERE =
  'The server does not implement the method /opentelemetry.proto.collector.no.Such/Export'
test('an unknown service', wrong, good, 'no.Such', status.UNIMPLEMENTED, NOT_THERE)
const mib2 = Buffer.alloc(2 * 1024 ** 2)
const LARGE = 'Received message larger than max (2097152 vs 1048576)'
test('too large', wrong, mib2, undefined, status.RESOURCE_EXHAUSTED, LARGE)

test('an undecodable request names field and offset in a BadRequest', async t => {
  const receiver = await startReceiver(t, { grpc: {} })
  const error = await t.throwsAsync<ServiceError>(call(receiver, cut))
  const [details] = error?.metadata.get('grpc-status-details-bin') ?? []
  t.deepEqual(decodeRpcStatus(details as Buffer).violation, {
    field: 'resource_logs',
    description: 'length 127 runs 127 bytes past the end at byte 1',
  })
})

test('a partial success says what was wrong', async t => {
  const receiver = await startReceiver(t, { grpc: {} })
  // One record, whose body claims to be longer than it.
  const bad = Buffer.from([0x0a, 7, 0x12, 5, 0x12, 3, 0x2a, 0x7f, 0x00])
  const response = await call(receiver, Buffer.concat([good, bad]))
  t.is(decodeExportResponse('protobuf', response)?.rejectedCount, 1)
  t.deepEqual(receiver.sink.bodies, ['hello'])
})

for (const [error, code, retryAfterMs] of [
  [PipelineError.retryable('no', { code: 'resource_exhausted' }), status.RESOURCE_EXHAUSTED, 1000],
  [PipelineError.retryable('no', { retryAfterMs: 2100 }), status.UNAVAILABLE, 2100],
  [PipelineError.retryable('no'), status.UNAVAILABLE, undefined],
  [PipelineError.permanent('no'), status.INVALID_ARGUMENT, undefined],
  [new Error('no'), status.UNAVAILABLE, undefined],
] as const) {
  test(`${String(error)} (${String(retryAfterMs)} ms) is ${status[code]}`, async t => {
    const receiver = await startReceiver(t, { grpc: {} })
    receiver.sink.before = () => Promise.reject(error)
    const thrown = await t.throwsAsync<ServiceError>(call(receiver, good))
    const words = error instanceof PipelineError ? 'no' : 'internal error, see the log'
    t.deepEqual([thrown?.code, thrown?.details], [code, words])
    const [details] = thrown?.metadata.get('grpc-status-details-bin') ?? []
    t.is(details && decodeRpcStatus(details as Buffer).retryAfterMs, retryAfterMs)
    t.is(await counted(receiver, 'receiverRefused', 'grpc'), 1)
  })
}

test('metadata goes with the batch only with include_metadata', async t => {
  const metadata = { 'x-tenant': 'a', 'x-request-id': 'my-id' }
  for (const include_metadata of [true, false]) {
    const receiver = await startReceiver(t, { grpc: { include_metadata } })
    await call(receiver, good, { metadata })
    const { context } = receiver.sink.batches[0]!
    t.is(context.requestId, 'my-id')
    t.regex(context.clientAddress ?? '', /^127\.0\.0\.1:\d+$/)
    t.deepEqual(context.metadata?.get('x-tenant'), include_metadata ? ['a'] : undefined)
  }
})
