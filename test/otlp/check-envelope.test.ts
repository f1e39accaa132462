import test from 'ava'
import { checkResource, checkScope } from '../../src/otlp/check-envelope.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { int, len } from '../helpers/wire.ts'

const pair = (value: Buffer): Buffer[] => [len(1, 'k'), len(2, value)]
const twice = pair(Buffer.concat([int(3, 1), int(3, 2)]))

test('good resources and scopes pass, and say whether a value is set twice', t => {
  const resource = Buffer.concat([
    len(1, pair(int(3, 1))),
    int(2, 5),
    len(3, [len(1, 'u'), len(2, 't'), len(3, 'i'), len(4, 'd'), int(99, 1)]),
    len(77, 'unknown'),
  ])
  t.false(checkResource(resource, 0, resource.length))
  t.true(checkResource(len(1, twice), 0, len(1, twice).length))
  const scope = Buffer.concat([len(1, 'n'), len(2, 'v'), len(3, pair(int(3, 1))), int(4, 1)])
  t.false(checkScope(scope, 0, scope.length))
  t.true(checkScope(len(3, twice), 0, len(3, twice).length))
})

const refuses = test.macro({
  exec(t, check: typeof checkResource, bytes: Buffer, message: string) {
    t.throws(() => check(bytes, 0, bytes.length), { instanceOf: WireError, message })
  },
  title: (_, _check, _bytes, message: string) => message,
})

test(refuses, checkResource, int(1, 1), 'resource.attributes: wire type is 0, must be 2 at byte 0')
test(
  refuses,
  checkResource,
  len(2, 'x'),
  'resource.dropped_attributes_count: wire type is 2, must be 0 at byte 0',
)
test(
  refuses,
  checkResource,
  len(3, int(3, 1)),
  'resource.entity_refs.id_keys: wire type is 0, must be 2 at byte 2',
)
test(
  refuses,
  checkResource,
  len(3, Buffer.from('0a09', 'hex')),
  'resource: length 9 runs 9 bytes past the end at byte 3',
)
test(refuses, checkScope, int(2, 1), 'scope.version: wire type is 0, must be 2 at byte 0')
test(
  refuses,
  checkScope,
  len(4, 'x'),
  'scope.dropped_attributes_count: wire type is 2, must be 0 at byte 0',
)
test(refuses, checkScope, len(3, len(2, len(3, 'x'))), 'scope: wire type is 2, must be 0 at byte 4')
