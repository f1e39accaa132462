import test from 'ava'
import type { AnyValue } from '../../src/batch/any-value.ts'
import { type Attributes, buildLogs } from '../../src/otlp/build-logs.ts'
import { attributesOf, request, run } from '../helpers/attributes-processor.ts'

const becomes = test.macro({
  async exec(t, actions: string, before: Attributes, after: Record<string, AnyValue>) {
    const batch = buildLogs([{ records: [{ body: 'b', attributes: before }] }], request)
    const result = await run(`actions: ${actions}`, batch)
    t.deepEqual(attributesOf(result), [after])
  },
  title: (title = '') => `action: ${title}`,
})

test(
  'insert sets an absent attribute',
  becomes,
  '[{key: env, action: insert, value: prod}]',
  { a: 'x' },
  { a: 'x', env: 'prod' },
)
test(
  'insert into a record without attributes',
  becomes,
  '[{key: env, action: insert, value: prod}]',
  {},
  { env: 'prod' },
)
test(
  'insert leaves an attribute that is there',
  becomes,
  '[{key: env, action: insert, value: prod}]',
  { env: 'dev' },
  { env: 'dev' },
)
test(
  'update leaves an absent attribute absent',
  becomes,
  '[{key: env, action: update, value: prod}]',
  { a: 'x' },
  { a: 'x' },
)
test(
  'update changes an attribute and its type',
  becomes,
  '[{key: n, action: update, value: 7}]',
  { n: 'x', z: true },
  { n: 7n, z: true },
)
test(
  'upsert sets whatever was there',
  becomes,
  '[{key: n, action: UPSERT, value: 1.5}]',
  { n: 'x' },
  { n: 1.5 },
)
test(
  'values may be lists',
  becomes,
  '[{key: n, action: upsert, value: [1, two]}]',
  {},
  { n: [1n, 'two'] },
)
test(
  'values may be longer than the short lengths of the wire',
  becomes,
  `[{key: n, action: upsert, value: ${'v'.repeat(20_000)}}]`,
  { a: 'w'.repeat(300) },
  { a: 'w'.repeat(300), n: 'v'.repeat(20_000) },
)
test(
  'actions see what earlier ones did',
  becomes,
  '[{key: a, action: insert, value: 1}, {key: b, action: insert, from_attribute: a}, {key: a, action: delete}]',
  {},
  { b: 1n },
)
test(
  'delete removes by key',
  becomes,
  '[{key: password, action: delete}]',
  { user: 'u', password: 'p', z: 1n },
  { user: 'u', z: 1n },
)
test(
  'delete removes by pattern',
  becomes,
  '[{pattern: "^credit_card\\\\.", action: delete}]',
  { 'credit_card.no': '1', 'credit_card.cvc': '2', 'my.credit_card.x': '3' },
  { 'my.credit_card.x': '3' },
)
test(
  'delete removes by key and by pattern',
  becomes,
  '[{key: a, pattern: "^b", action: delete}]',
  { a: '1', b1: '2', c: '3' },
  { c: '3' },
)
test(
  'hash is SHA-256 of a string in hex',
  becomes,
  '[{key: a, action: hash}]',
  { a: 'abc' },
  { a: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
)
test(
  'hash of an int is of its 8 little-endian bytes',
  becomes,
  '[{key: a, action: hash}]',
  { a: 1n },
  { a: '7c9fa136d4413fa6173637e883b6998d32e1d675f88cddff9dcbcf331820f4b8' },
)
test(
  'hash of a bool is of one byte',
  becomes,
  '[{key: a, action: hash}]',
  { a: true },
  { a: '4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a' },
)
test(
  'hash of an empty string is empty',
  becomes,
  '[{pattern: "a", action: hash}]',
  { a: '' },
  { a: '' },
)
test(
  'extract sets the named groups, over what was there',
  becomes,
  '[{key: url, action: extract, pattern: "^/api/(?P<version>v\\\\d+)/(?P<res>\\\\w+)"}]',
  { url: '/api/v2/users/1', version: 'old' },
  { url: '/api/v2/users/1', version: 'v2', res: 'users' },
)
test(
  'extract does nothing without a match',
  becomes,
  '[{key: url, action: extract, pattern: "^/(?P<v>v\\\\d)"}]',
  { url: '/x' },
  { url: '/x' },
)
test(
  'extract does nothing to an int',
  becomes,
  '[{key: n, action: extract, pattern: "(?P<v>.)"}]',
  { n: 12n },
  { n: 12n },
)
test(
  'convert parses an int',
  becomes,
  '[{key: n, action: convert, converted_type: int}]',
  { n: '404' },
  { n: 404n },
)
test(
  'convert leaves what is no int',
  becomes,
  '[{key: n, action: convert, converted_type: int}]',
  { n: '4o4' },
  { n: '4o4' },
)
test(
  'convert makes a double of an int',
  becomes,
  '[{key: n, action: convert, converted_type: double}]',
  { n: 2n },
  { n: 2 },
)
test(
  'convert makes text of a map',
  becomes,
  '[{key: n, action: convert, converted_type: string}]',
  { n: new Map([['a', 1n]]) },
  { n: '{"a":1}' },
)
test(
  'from_attribute keeps the type',
  becomes,
  '[{key: b, action: upsert, from_attribute: a}]',
  { a: [1n] },
  { a: [1n], b: [1n] },
)
test(
  'from_attribute that is absent does nothing',
  becomes,
  '[{key: b, action: upsert, from_attribute: a}]',
  { b: 'x' },
  { b: 'x' },
)
test(
  'default_value stands in for an absent from_attribute',
  becomes,
  '[{key: b, action: upsert, from_attribute: a, default_value: d}]',
  {},
  { b: 'd' },
)
test(
  'default_value stands in for value: null',
  becomes,
  '[{key: b, action: upsert, value: null, default_value: d}]',
  {},
  { b: 'd' },
)
test(
  'from_context metadata joins several values',
  becomes,
  '[{key: t, action: insert, from_context: metadata.X-Tenant-Id}]',
  {},
  { t: 'acme;emca' },
)
test(
  'from_context client.address is without the port',
  becomes,
  '[{key: c, action: insert, from_context: client.address}]',
  {},
  { c: '10.1.2.3' },
)
test(
  'from_context that is absent takes the default',
  becomes,
  '[{key: t, action: insert, from_context: metadata.nope, default_value: none}]',
  {},
  { t: 'none' },
)
