import test from 'ava'
import { errorResponse, mediaType, renderedError } from '../../src/net/http-message.ts'
import { decodeRpcStatus } from '../../src/otlp/rpc-status.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

const type = test.macro((t, header: string | undefined, expected: string) => {
  t.is(mediaType(header), expected)
})
test('a plain type', type, 'application/json', 'application/json')
test('parameters are dropped', type, 'Application/JSON ; charset=utf-8', 'application/json')
test('no header is no type', type, undefined, '')

const error = PipelineError.retryable('busy', { retryAfterMs: 2500 })

test('an error for protobuf is protobuf', t => {
  const { status, headers, body } = errorResponse(error, 'application/x-protobuf')
  t.is(status, 503)
  t.deepEqual(headers, { 'content-type': 'application/x-protobuf', 'retry-after': '3' })
  t.like(decodeRpcStatus(body), { code: 14, message: 'busy', retryAfterMs: 2500 })
})

test('an error for anything else is JSON', t => {
  for (const contentType of ['application/json', 'text/plain', '']) {
    const { headers, body } = errorResponse(error, contentType, 418)
    t.is(headers['content-type'], 'application/json')
    t.like(JSON.parse(body.toString()), { code: 14, message: 'busy' })
  }
})

test('the status can be chosen', t => {
  t.is(errorResponse(error, '', 418).status, 418)
})

test('a server may word its errors itself, with the status and wait that are theirs', t => {
  const seen = renderedError(
    outgoing => ({
      status: outgoing.status,
      body: Buffer.from(
        `${outgoing.error.message} ${outgoing.retryAfter} ${String(outgoing.headers['x-a'])}`,
      ),
    }),
    error,
    { 'x-a': 'b' },
  )
  t.is(seen.status, 503)
  t.is(String(seen.body), 'busy 3 b')
  t.is(renderedError(({ status }) => ({ status }), error, {}, 418).status, 418)
})
