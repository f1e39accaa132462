import test from 'ava'
import { statusObject } from '../../src/net/grpc-status.ts'
import { decodeRpcStatus } from '../../src/otlp/rpc-status.ts'
import { PipelineError } from '../../src/plugin/pipeline-error.ts'

test('a wait travels as RetryInfo in the details', t => {
  const error = PipelineError.retryable('full', { code: 'resource_exhausted', retryAfterMs: 4000 })
  const { code, details, metadata } = statusObject(error)
  t.deepEqual([code, details], [8, 'full'])
  const [bytes] = metadata.get('grpc-status-details-bin')
  t.like(decodeRpcStatus(bytes as Buffer), { code: 8, retryAfterMs: 4000 })
})

test('without more to say there are no details', t => {
  const { code, metadata } = statusObject(PipelineError.permanent('bad'))
  t.is(code, 3)
  t.deepEqual(metadata.getMap(), {})
})
