import { gzipSync } from 'node:zlib'
import test from 'ava'
import { CONTENT_ENCODINGS } from '../../../../src/net/decompress.ts'
import { type IngestRequest, ingest, startIngest } from '../../../helpers/ingest.ts'

/*
 * Wrong requests, each with the status and the whole body of its answer. After each of them a right
 * one is taken: nothing is left behind.
 */

const LIMITS = { max_request_body_size: 20_000, max_records: 5, max_attributes: 3 }

const wrong = test.macro({
  async exec(t, request: IngestRequest | string, status: number, body: string) {
    const { origin, sink } = await startIngest(t, LIMITS)
    const sent = typeof request === 'string' ? { body: request } : request
    const headers = { 'x-request-id': 'r', ...sent.headers }
    const answer = await ingest(origin, { ...sent, headers })
    t.is(answer.text, body)
    t.is(answer.status, status)
    t.is(answer.headers.get('x-request-id'), 'r')
    t.is(answer.headers.get('content-type'), 'application/json')
    const taken = sink.count
    t.is((await ingest(origin, { body: '{"message":"right"}' })).status, 200)
    t.is(sink.count, taken + 1)
  },
  title: (what, request, status: number) =>
    `${status}: ${what ?? JSON.stringify(request).slice(0, 90)}`,
})

function error(code: string, message: string): string {
  return `${JSON.stringify({ request_id: 'r', error: { code, message } })}\n`
}

/** The body for one wrong record. */
function one(field: string, value: unknown, rule: string): string {
  return rejected([{ field, value, rule }])
}

function rejected(errors: readonly object[]): string {
  const head =
    '{"request_id":"r","error":{"code":"no_valid_record","message":"the record is not valid, see results"},"accepted":0,"rejected":1,"results":['
  return `${head}\n${JSON.stringify({ index: 0, status: 400, errors })}\n]}\n`
}

// Before the body.
const TYPES = 'application/json, application/x-ndjson, application/jsonl, application/x-jsonlines'
const notSupported = (type: string): string =>
  error('unsupported_media_type', `content-type "${type}" is not supported, only ${TYPES}`)
test(
  wrong,
  { method: 'GET' },
  405,
  error('method_not_allowed', 'method GET is not allowed at /ingest, only POST'),
)
test(
  wrong,
  { method: 'PUT', body: '{}' },
  405,
  error('method_not_allowed', 'method PUT is not allowed at /ingest, only POST'),
)
test(
  wrong,
  { method: 'DELETE' },
  405,
  error('method_not_allowed', 'method DELETE is not allowed at /ingest, only POST'),
)
test(
  wrong,
  { path: '/openapi.json', body: '{}' },
  405,
  error('method_not_allowed', 'method POST is not allowed at /openapi.json, only GET'),
)
test(wrong, { path: '/', body: '{}' }, 404, error('not_found', 'nothing is served at /'))
test(
  wrong,
  { path: '/Ingest', body: '{}' },
  404,
  error('not_found', 'nothing is served at /Ingest'),
)
test(
  wrong,
  { path: '/ingest/', body: '{}' },
  404,
  error('not_found', 'nothing is served at /ingest/'),
)
test(
  wrong,
  { path: '/../etc/passwd', body: '{}' },
  404,
  error('not_found', 'nothing is served at /etc/passwd'),
)
test(wrong, { type: '', body: '{}' }, 415, notSupported(''))
test(wrong, { type: 'text/plain', body: '{}' }, 415, notSupported('text/plain'))
test(
  wrong,
  { type: 'application/x-www-form-urlencoded', body: 'a=b' },
  415,
  notSupported('application/x-www-form-urlencoded'),
)
test(
  wrong,
  { type: 'application/x-protobuf', body: '{}' },
  415,
  notSupported('application/x-protobuf'),
)
test(wrong, { type: 'application/jsonx', body: '{}' }, 415, notSupported('application/jsonx'))
const encodings = CONTENT_ENCODINGS.join(', ')
for (const encoding of ['br', 'snappy', 'gzip, gzip']) {
  const message = `content-encoding "${encoding}" is not supported, only ${encodings}`
  test(
    wrong,
    { headers: { 'content-encoding': encoding }, body: '{}' },
    415,
    error('unsupported_media_type', message),
  )
}
const gzip = { 'content-encoding': 'gzip' }
test(
  wrong,
  { headers: gzip, body: '{"message":"a"}' },
  400,
  error('invalid_request', 'body is not valid gzip: incorrect header check'),
)
test(
  'gzip cut short',
  wrong,
  { headers: gzip, body: gzipSync('{"message":"a"}').subarray(0, 20) },
  400,
  error('invalid_request', 'body is not valid gzip: unexpected end of file'),
)
test(
  'too large',
  wrong,
  'x'.repeat(20_001),
  413,
  error('payload_too_large', 'request body is 20001 bytes, the limit is 20000 bytes'),
)
test(
  'too large, unpacked',
  wrong,
  { headers: gzip, body: gzipSync(' '.repeat(20_001)) },
  413,
  error(
    'payload_too_large',
    'request body is over 20000 bytes after gzip, the limit is 20000 bytes',
  ),
)

// The body as a whole.
const bad = (message: string): string => error('invalid_request', message)
const MANY = error('payload_too_large', 'the request holds more than max_records 5 records')
test(wrong, '', 400, bad('the body is empty'))
test(wrong, '   ', 400, bad('the body is empty'))
test(wrong, '[]', 400, bad('the body holds no record'))
test(wrong, { type: 'application/x-ndjson', body: '\n\n' }, 400, bad('the body holds no record'))
test(wrong, { headers: gzip, body: gzipSync('') }, 400, bad('the body is empty'))
test(
  wrong,
  '{',
  400,
  bad('not JSON: text ends where a string must come (line 1 column 2) at byte 1'),
)
test(
  wrong,
  '{"message":"a"',
  400,
  bad("not JSON: text ends where ',' or '}' must come (line 1 column 15) at byte 14"),
)
test(
  wrong,
  '{"message":"a",}',
  400,
  bad("not JSON: '}' stands where a string must come (line 1 column 16) at byte 15"),
)
test(
  wrong,
  "{'message':'a'}",
  400,
  bad("not JSON: ''' stands where a string must come (line 1 column 2) at byte 1"),
)
test(
  wrong,
  '{message:"a"}',
  400,
  bad("not JSON: 'm' stands where a string must come (line 1 column 2) at byte 1"),
)
test(
  wrong,
  '{"message":"a" "b":1}',
  400,
  bad(`not JSON: '"' stands where ',' or '}' must come (line 1 column 16) at byte 15`),
)
test(
  wrong,
  '{"message":"a\nb"}',
  400,
  bad('not JSON: bad control character (line 1 column 14) at byte 13'),
)
test(wrong, '{"message":"\\q"}', 400, bad('not JSON: bad escape (line 1 column 13) at byte 12'))
test(
  wrong,
  '{"message":"a","n":01}',
  400,
  bad("not JSON: '1' stands where ',' or '}' must come (line 1 column 21) at byte 20"),
)
test(
  wrong,
  '{"message":"a","n":NaN}',
  400,
  bad("not JSON: 'N' stands where a value must come (line 1 column 20) at byte 19"),
)
test(
  wrong,
  '{"message":"a","n":+1}',
  400,
  bad("not JSON: '+' stands where a value must come (line 1 column 20) at byte 19"),
)
test(
  wrong,
  '{"message":undefined}',
  400,
  bad("not JSON: 'u' stands where a value must come (line 1 column 12) at byte 11"),
)
test(
  wrong,
  'hello',
  400,
  bad("not JSON: 'h' stands where a value must come (line 1 column 1) at byte 0"),
)
test(
  wrong,
  '<log/>',
  400,
  bad("not JSON: '<' stands where a value must come (line 1 column 1) at byte 0"),
)
test(
  wrong,
  '[{"message":"a"},',
  400,
  bad('not JSON: text ends where a value must come (line 1 column 18) at byte 17'),
)
test(
  wrong,
  '[{"message":"a"}]]',
  400,
  bad("not JSON: ']' stands where the end of the text must come (line 1 column 18) at byte 17"),
)
test(
  wrong,
  '{"message":"a"}\n{"message":"b"}',
  400,
  bad(
    'a second object follows the first: for one record a line, send content-type application/x-ndjson',
  ),
)
test(
  'too deep for any parser',
  wrong,
  '['.repeat(19_000),
  400,
  bad('not JSON: values nest deeper than 10000 (line 1 column 10002) at byte 10001'),
)
test(wrong, '[{},{},{},{},{},{}]', 413, MANY)
test(wrong, { type: 'application/jsonl', body: '{}\n'.repeat(6) }, 413, MANY)

// A record.
const MESSAGE = 'must be there and not empty (one of message, msg, log, body)'
const TIME =
  'must be an ISO 8601 time such as 2025-11-26T17:18:27Z or an epoch in s, ms, us or ns, from 1970 to 2262'
const SEVERITY = 'must be a usual name such as info, warn or error, or a whole number from 1 to 24'
const RESOURCE = 'must be a string of at most 1024 bytes'
test(wrong, '{}', 400, one('message', null, MESSAGE))
test(wrong, '[{}]', 400, one('message', null, MESSAGE))
test(wrong, '{"message":null}', 400, one('message', null, MESSAGE))
test(wrong, '{"msg":""}', 400, one('message', '', MESSAGE))
test(wrong, '{"mesage":"typo"}', 400, one('message', null, MESSAGE))
test(wrong, '42', 400, one('', 42, 'must be an object'))
test(wrong, '"text"', 400, one('', 'text', 'must be an object'))
test(wrong, 'null', 400, one('', null, 'must be an object'))
test(wrong, '[[]]', 400, one('', '[]', 'must be an object'))
test(wrong, '[["message","a"]]', 400, one('', '["message","a"]', 'must be an object'))
for (const time of [
  'yesterday',
  '2025-02-30',
  '2025-11-26T25:00:00Z',
  '26/11/2025',
  '1969-12-31',
]) {
  test(wrong, `{"message":"a","timestamp":"${time}"}`, 400, one('timestamp', time, TIME))
}
test(wrong, '{"message":"a","ts":-1}', 400, one('ts', -1, TIME))
test(wrong, '{"message":"a","ts":99999999999}', 400, one('ts', 99999999999, TIME))
test(wrong, '{"message":"a","time":true}', 400, one('time', true, TIME))
test(wrong, '{"message":"a","time":{"$date":1}}', 400, one('time', '{"$date":1}', TIME))
test(wrong, '{"message":"a","level":"loud"}', 400, one('level', 'loud', SEVERITY))
test(wrong, '{"message":"a","level":30}', 400, one('level', 30, SEVERITY))
test(wrong, '{"message":"a","severity":0}', 400, one('severity', 0, SEVERITY))
test(wrong, '{"message":"a","severity":9.5}', 400, one('severity', 9.5, SEVERITY))
test(wrong, '{"message":"a","severity":false}', 400, one('severity', false, SEVERITY))
test(wrong, '{"message":"a","service":1}', 400, one('service', 1, RESOURCE))
test(wrong, '{"message":"a","host":["a"]}', 400, one('host', '["a"]', RESOURCE))
test(wrong, '{"message":"a","":1}', 400, one('', 1, 'must have a name'))
test(
  wrong,
  '{"message":"a","b":1,"c":2,"d":3,"e":4}',
  400,
  one('e', 4, 'must be one of at most 3 attributes of a record'),
)
test(
  wrong,
  `{"message":"a","b":${'['.repeat(61)}${']'.repeat(61)}}`,
  400,
  one('b', `${'['.repeat(61)}${']'.repeat(39)}...`, 'must not nest deeper than 60'),
)
test(
  'bytes that are no UTF-8',
  wrong,
  { body: Buffer.from('{"message":"caf\u00e9"}', 'latin1') },
  400,
  one('', null, 'must be UTF-8 throughout'),
)
test(
  'two faults in one record',
  wrong,
  '{"level":"loud"}',
  400,
  rejected([
    { field: 'level', value: 'loud', rule: SEVERITY },
    { field: 'message', value: null, rule: MESSAGE },
  ]),
)
test(
  wrong,
  { type: 'application/x-ndjson', body: '{"message":' },
  400,
  one(
    '',
    null,
    'must be a JSON object: not JSON: text ends where a value must come (line 1 column 12)',
  ),
)

// Some right, some wrong.
test(
  'one of three',
  wrong,
  '[{"message":"a"},{"message":"b","level":"loud"},{"message":"c"}]',
  207,
  `{"request_id":"r","accepted":2,"rejected":1,"results":[
{"index":0,"status":200},
{"index":1,"status":400,"errors":[{"field":"level","value":"loud","rule":"${SEVERITY}"}]},
{"index":2,"status":200}
]}
`,
)
test(
  'a broken line',
  wrong,
  { type: 'application/x-ndjson', body: '{"message":"a"}\n\n{"message":"b"\n{"message":"c"}' },
  207,
  `{"request_id":"r","accepted":2,"rejected":1,"results":[
{"index":0,"status":200},
{"index":1,"status":400,"errors":[{"field":"","value":null,"rule":"must be a JSON object: not JSON: text ends where ',' or '}' must come (line 3 column 15)"}]},
{"index":2,"status":200}
]}
`,
)
