import test from 'ava'
import {
  acceptedAnswer,
  errorAnswer,
  mixedAnswer,
} from '../../../../plugins/receivers/ingest/answer.ts'
import { PipelineError } from '../../../../src/plugin/pipeline-error.ts'

const errors = [{ field: 'level', value: 'loud', rule: 'must be quiet' }]

test('200 counts the records', t => {
  const { status, headers, body } = acceptedAnswer('id-1', 3)
  t.is(status, 200)
  t.deepEqual(headers, { 'content-type': 'application/json', 'x-request-id': 'id-1' })
  t.is(body?.toString(), '{"request_id":"id-1","accepted":3,"rejected":0}\n')
})

test('207 has a line for each record', t => {
  const { status, body } = mixedAnswer('id-1', 4, [
    { index: 1, errors },
    { index: 2, errors },
  ])
  t.is(status, 207)
  t.is(
    body?.toString(),
    `{"request_id":"id-1","accepted":2,"rejected":2,"results":[
{"index":0,"status":200},
{"index":1,"status":400,"errors":[{"field":"level","value":"loud","rule":"must be quiet"}]},
{"index":2,"status":400,"errors":[{"field":"level","value":"loud","rule":"must be quiet"}]},
{"index":3,"status":200}
]}
`,
  )
})

test('400 has a line for each wrong record', t => {
  const one = mixedAnswer('id-1', 1, [{ index: 0, errors }])
  t.is(one.status, 400)
  t.is(
    one.body?.toString(),
    `{"request_id":"id-1","error":{"code":"no_valid_record","message":"the record is not valid, see results"},"accepted":0,"rejected":1,"results":[
{"index":0,"status":400,"errors":[{"field":"level","value":"loud","rule":"must be quiet"}]}
]}
`,
  )
  const rejected = [0, 1].map(index => ({ index, errors }))
  t.regex(
    String(mixedAnswer('id', 2, rejected).body),
    /none of the 2 records is valid, see results/,
  )
})

test('a request id that is no plain JSON stays valid JSON', t => {
  const { body } = acceptedAnswer('a"b\\', 1)
  t.is((JSON.parse(String(body)) as { request_id: string }).request_id, 'a"b\\')
})

test('other errors say code, message and when to try again', t => {
  const error = PipelineError.retryable('the queue is full', { code: 'resource_exhausted' })
  const { status, headers, body } = errorAnswer('id-1', { error, status: 429, retryAfter: '3' })
  t.is(status, 429)
  t.is(headers?.['retry-after'], '3')
  t.is(
    String(body),
    '{"request_id":"id-1","error":{"code":"too_many_requests","message":"the queue is full"}}\n',
  )
})

test('what went wrong inside stays inside', t => {
  const error = PipelineError.from(new TypeError('secret is not a function'))
  const { body } = errorAnswer('id-1', { error, status: 503, retryAfter: undefined })
  t.is(
    String(body),
    '{"request_id":"id-1","error":{"code":"unavailable","message":"internal error, see the log"}}\n',
  )
})
