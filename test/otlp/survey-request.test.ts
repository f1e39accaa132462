import test from 'ava'
import { surveyRequest } from '../../src/otlp/survey-request.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { int, len, request } from '../helpers/wire.ts'

const counts = test.macro({
  exec(t, bytes: Buffer, resources: number, scopes: number, records: number, duplicated = false) {
    t.deepEqual(surveyRequest(bytes), { resources, scopes, records, duplicated })
  },
  title: name => `${name} is counted`,
})

const scope = (...records: number[]): Buffer =>
  len(2, [len(1, []), ...records.map(n => len(2, int(2, n)))])

test('nothing', counts, Buffer.alloc(0), 0, 0, 0)
test('one record', counts, request([]), 1, 1, 1)
test(
  'two resources with three scopes',
  counts,
  Buffer.concat([len(1, [scope(1, 2), scope()]), len(1, scope(3))]),
  2,
  3,
  3,
)
test('a resource behind its scopes', counts, len(1, [scope(1), len(1, []), len(3, 'url')]), 1, 1, 1)
test(
  'a request among unknown fields',
  counts,
  Buffer.concat([int(99, 1), request([]), len(98, 'x')]),
  1,
  1,
  1,
)
test(
  'a resource that comes twice',
  counts,
  len(1, [len(1, []), scope(1), len(1, [])]),
  1,
  1,
  1,
  true,
)
test('a scope that comes twice', counts, len(1, len(2, [len(1, []), len(1, [])])), 1, 1, 0, true)
test(
  'one resource and one scope an envelope',
  counts,
  Buffer.concat([len(1, [len(1, []), scope(1)]), len(1, [len(1, []), scope(1)])]),
  2,
  2,
  2,
)

const refuses = test.macro({
  exec(t, bytes: Buffer, message: string) {
    t.throws(() => surveyRequest(bytes), { instanceOf: WireError, message })
  },
  title: name => `${name} is refused`,
})

test(
  'a scope past the end of its resource',
  refuses,
  len(1, Buffer.from('1203', 'hex')),
  'resource_logs: length 3 runs 3 bytes past the end at byte 3',
)
test(
  'a record past the end of its scope',
  refuses,
  Buffer.concat([len(1, len(2, Buffer.from('1201', 'hex'))), int(2, 1)]),
  'resource_logs.scope_logs: length 1 runs 1 bytes past the end at byte 5',
)
test(
  'a schema url that is a number',
  refuses,
  len(1, int(3, 1)),
  'resource_logs.schema_url: wire type is 0, must be 2 at byte 2',
)
test(
  'a fault behind a scope',
  refuses,
  len(1, [scope(1), Buffer.from([0])]),
  'resource_logs: invalid field number at byte 10',
)
