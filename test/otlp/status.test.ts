import test from 'ava'
import { decodeRpcStatus, encodeRpcStatus } from '../../src/otlp/rpc-status.ts'
import {
  errorOfGrpc,
  errorOfHttp,
  formatRetryAfter,
  grpcStatus,
  httpStatus,
  parseRetryAfter,
} from '../../src/otlp/status.ts'
import { type ErrorCode, PipelineError } from '../../src/plugin/pipeline-error.ts'
import { WireError } from '../../src/wire/wire-error.ts'

// What the sender hears: [code, retryable] -> gRPC code, HTTP status, Retry-After.
const SPOKEN: readonly [ErrorCode, boolean, number, number, string | undefined][] = [
  ['cancelled', true, 1, 503, undefined],
  ['deadline_exceeded', true, 4, 503, undefined],
  ['aborted', true, 10, 503, undefined],
  ['out_of_range', true, 11, 503, undefined],
  ['unavailable', true, 14, 503, undefined],
  ['data_loss', true, 15, 503, undefined],
  ['resource_exhausted', true, 8, 429, '1'],
  ['internal', true, 14, 503, undefined],
  ['unknown', true, 14, 503, undefined],
  ['invalid_argument', false, 3, 400, undefined],
  ['unauthenticated', false, 16, 401, undefined],
  ['permission_denied', false, 7, 403, undefined],
  ['not_found', false, 5, 404, undefined],
  ['unimplemented', false, 12, 404, undefined],
  ['already_exists', false, 6, 409, undefined],
  ['failed_precondition', false, 9, 500, undefined],
  ['resource_exhausted', false, 8, 413, undefined],
  ['internal', false, 13, 500, undefined],
  ['unknown', false, 2, 500, undefined],
  ['unavailable', false, 13, 500, undefined],
  ['data_loss', false, 13, 500, undefined],
]
for (const [code, retryable, grpc, http, retryAfter] of SPOKEN) {
  test(`${retryable ? 'retryable' : 'permanent'} ${code} is gRPC ${grpc} and HTTP ${http}`, t => {
    const error = new PipelineError('no', { code, retryable })
    t.is(grpcStatus(error).code, grpc)
    const answer = httpStatus(error, 'protobuf')
    t.is(answer.status, http)
    t.is(answer.retryAfter, retryAfter)
    t.is(decodeRpcStatus(answer.body).code, grpc)
  })
  test(`what a client makes of it is ${retryable} again: ${code}, ${retryable}`, t => {
    const error = new PipelineError('no', { code, retryable })
    const status = grpcStatus(error)
    t.is(errorOfGrpc(status.code, status.message, status.details).retryable, retryable)
    const answer = httpStatus(error, 'json')
    t.is(errorOfHttp({ ...answer, contentType: 'application/json' }).retryable, retryable)
  })
}

test('a wait is told in RetryInfo and, rounded up, in Retry-After', t => {
  const error = PipelineError.retryable('busy', { retryAfterMs: 1250 })
  t.is(decodeRpcStatus(grpcStatus(error).details!).retryAfterMs, 1250)
  const answer = httpStatus(error, 'json')
  t.is(answer.retryAfter, '2')
  t.like(JSON.parse(answer.body.toString()), { code: 14, details: [{ retryDelay: '1.25s' }] })
})

test('resource_exhausted that may be retried always carries RetryInfo', t => {
  const error = PipelineError.retryable('full', { code: 'resource_exhausted' })
  t.is(decodeRpcStatus(grpcStatus(error).details!).retryAfterMs, 1000)
  const permanent = PipelineError.permanent('too large', { code: 'resource_exhausted' })
  t.is(grpcStatus(permanent).details, undefined)
})

test('a permanent error never carries a wait', t => {
  const error = new PipelineError('no', { code: 'internal', retryable: false, retryAfterMs: 5 })
  t.is(httpStatus(error, 'json').retryAfter, undefined)
  t.is(grpcStatus(error).details, undefined)
})

test('broken bytes are told with field and offset', t => {
  const cause = new WireError('length 9 runs 4 bytes past the end', 17, 'resource_logs')
  const status = grpcStatus(PipelineError.permanent(cause.message, { cause }))
  t.deepEqual(decodeRpcStatus(status.details!).violation, {
    field: 'resource_logs',
    description: 'length 9 runs 4 bytes past the end at byte 17',
  })
})

test('a message is one bounded line without a stack', t => {
  const stack = grpcStatus(PipelineError.permanent('boom\n    at file.js:1:1'))
  t.is(stack.message, 'boom')
  // What an exception says is for our own log.
  const fault = grpcStatus(PipelineError.from(new TypeError('x is not a function')))
  t.is(fault.message, 'internal error, see the log')
  const long = grpcStatus(PipelineError.retryable('x'.repeat(5000)))
  t.true(long.message.length < 1100)
})

// What a client makes of an answer: gRPC.
const GRPC: readonly [number, boolean, string, boolean, number | undefined][] = [
  [14, false, 'unavailable', true, undefined],
  [14, true, 'unavailable', true, 2000],
  [8, false, 'resource_exhausted', false, undefined],
  [8, true, 'resource_exhausted', true, 2000],
  [3, true, 'invalid_argument', false, undefined],
  [99, false, 'unknown', false, undefined],
]
for (const [code, info, name, retryable, retryAfterMs] of GRPC) {
  test(`gRPC ${code} ${info ? 'with' : 'without'} RetryInfo is ${name}, ${retryable}`, t => {
    const details = info ? encodeRpcStatus({ code, message: '', retryAfterMs: 2000 }) : undefined
    const error = errorOfGrpc(code, 'no', details)
    t.deepEqual([error.code, error.retryable, error.retryAfterMs], [name, retryable, retryAfterMs])
  })
}

test('broken details are as good as none', t => {
  const error = errorOfGrpc(8, '', Buffer.from([0xff]))
  t.false(error.retryable)
  t.is(error.message, 'answered RESOURCE_EXHAUSTED')
})

// What a client makes of an answer: HTTP.
for (const [status, code, retryable] of [
  [400, 'invalid_argument', false],
  [401, 'unauthenticated', false],
  [403, 'permission_denied', false],
  [404, 'unimplemented', false],
  [408, 'unknown', false],
  [413, 'resource_exhausted', false],
  [429, 'resource_exhausted', true],
  [500, 'unknown', false],
  [502, 'unavailable', true],
  [503, 'unavailable', true],
  [504, 'unavailable', true],
  [302, 'unknown', false],
] as const) {
  test(`HTTP ${status} is ${code}, ${retryable ? 'retryable' : 'permanent'}`, t => {
    const error = errorOfHttp({ status, retryAfter: '7' })
    t.deepEqual([error.code, error.retryable], [code, retryable])
    t.is(error.retryAfterMs, retryable ? 7000 : undefined)
  })
}

const statusBody = encodeRpcStatus({ code: 14, message: 'disk is full', retryAfterMs: 9000 })
for (const [what, contentType, body, message, retryAfterMs] of [
  ['protobuf', 'application/x-protobuf', statusBody, 'answered HTTP 503: disk is full', 9000],
  ['broken protobuf', 'application/x-protobuf', 'hello', 'answered HTTP 503', undefined],
  ['JSON', 'application/json', '{"message":"later"}', 'answered HTTP 503: later', undefined],
  ['other JSON', 'application/json', '{"a":1}', 'answered HTTP 503: {"a":1}', undefined],
  ['text', 'text/plain', 'over\nload', 'answered HTTP 503: over', undefined],
  ['nothing', undefined, '', 'answered HTTP 503', undefined],
] as const) {
  test(`an error body in ${what} gives its message and wait`, t => {
    const error = errorOfHttp({ status: 503, contentType, body: Buffer.from(body) })
    t.is(error.message, message)
    t.is(error.retryAfterMs, retryAfterMs)
  })
}

const now = Date.parse('Wed, 21 Oct 2015 07:28:00 GMT')
for (const [text, ms] of [
  ['0', 0],
  [' 120 ', 120_000],
  ['Wed, 21 Oct 2015 07:28:30 GMT', 30_000],
  ['Wed, 21 Oct 2015 07:27:00 GMT', 0],
  ['soon', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['99999999999999999999', undefined],
] as const) {
  test(`Retry-After: ${text} means ${ms} ms`, t => {
    t.is(parseRetryAfter(text, now), ms)
  })
}

test('a Retry-After is whole seconds, at least one, never less than asked', t => {
  t.deepEqual([0, 1, 1000, 1001].map(formatRetryAfter), ['1', '1', '1', '2'])
})
